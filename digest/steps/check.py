"""`digest check` and `digest doctor`: one line for each thing, with what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from digest import __version__
from digest.errors import DigestError
from digest.mail.message.dkim import signer_of
from digest.mail.message.message_template import message_template
from digest.mail.rendering.design import design_of
from digest.mail.rendering.render import Renderer
from digest.mail.smtp.one_message import log_in
from digest.model import Edition, EditionPost, EffectiveStatus, Section
from digest.settings import Settings
from digest.settings.secret_key import fingerprint
from digest.steps.bounces.mailbox_health import mailbox_health
from digest.steps.context import Context
from digest.steps.dns import look_up
from digest.steps.editing.edition_view import sample_addressing
from digest.steps.mail_setup import is_loopback, servers_of
from digest.steps.secret_key import check_key
from digest.steps.send_now import REMEDY
from digest.steps.sending.rollback_guard import register_store
from digest.steps.subscribers.webhooks.read_request import SECRETS
from digest.store import subscribers
from digest.store.engine import open_store, shown_url
from digest.template_folders import default_folders
from digest.week import latest_closed, window_of
from digest.words.catalogues import mail_catalogue, page_catalogue
from digest.words.language_tags import canonical, known_language, name_of
from digest.words.translations import ENGLISH

_SHORTEST_PASSWORD = 16  # characters of a password that somebody made up for a webhook


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check."""

    verdict: Verdict
    what: str
    message: str
    remedy: str = ""


def _checked(what: str, work: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    """Yield the lines of one check. A DigestError that it raises becomes a line, too."""
    try:
        yield from work()
    except DigestError as error:
        yield Line(Verdict.ERROR, what, error.what, error.remedy)


def check(settings: Settings, now: datetime, *, online: bool) -> Iterator[Line]:
    """Check settings, templates, store, secrets and clock; with `online` also the mail server and DNS."""
    yield Line(
        Verdict.OK, "settings", f"{settings.path}: {len(settings.sources)} sources, {len(settings.themes)} themes"
    )
    yield from _advice(settings)
    yield from _checked("templates", lambda: _templates(settings))
    yield from _checked("store", lambda: _store(settings, now))
    yield from _checked("secret key", lambda: _secret_key(settings, now))
    yield from _checked("DKIM", lambda: _dkim(settings))
    yield from _checked("webhooks", lambda: _webhooks(settings))
    yield from _clock(settings, now)
    if online:
        yield from _checked("SMTP", lambda: _smtp(settings))
        yield from _checked("DNS", lambda: _dns(settings))


def _advice(settings: Settings) -> Iterator[Line]:
    newsletter = settings.newsletter
    for name in settings.without_effect:
        yield Line(Verdict.WARNING, "settings", f"{name} has no effect in this version", "Delete it from digest.toml.")
    if not settings.sources:
        yield Line(Verdict.ERROR, "sources", "no [[sources]]: there is nothing to collect", "Add feeds to digest.toml.")
    if not newsletter.public_url:
        yield Line(
            Verdict.WARNING,
            "public_url",
            "not set: subscribers can unsubscribe by mail only",
            "Serve `digest public` behind https and set [newsletter] public_url.",
        )
    if not newsletter.postal_address:
        yield Line(
            Verdict.WARNING,
            "postal_address",
            "not set",
            "Many countries' laws require one: set [newsletter] postal_address.",
        )
    if newsletter.from_domain.endswith(("example.org", "example.com", "example.net")):
        yield Line(Verdict.WARNING, "from", f"{newsletter.from_} is an example address", "Set [newsletter] from.")
    yield from _unencrypted(settings)


def _unencrypted(settings: Settings) -> Iterator[Line]:
    """Warn of mail that leaves this machine as it is: addresses and unsubscribe links could be read on the way."""
    smtp = settings.smtp
    if smtp.security != "none":
        return
    for host in (smtp.host, *(one.rpartition(":")[0] for one in smtp.fallbacks)):
        if not is_loopback(host):
            yield Line(
                Verdict.WARNING,
                "security",
                f'[smtp] security is "none": mail to {host} is not encrypted',
                'Set it to "starttls" (port 587 or 25) or "tls" (port 465).',
            )


def _webhooks(settings: Settings) -> Iterator[Line]:
    for provider in settings.bounces.webhooks:
        secret = SECRETS.get(provider)
        variable = f"DIGEST_{secret.upper()}" if secret else ""
        value = settings.secrets.read(secret) if secret else ""
        if secret and not value:
            what = f"{provider}: {variable} is not set: its reports are refused"
            yield Line(Verdict.ERROR, "webhooks", what, f"Set {variable} to what docs/webhooks.md says.")
        elif secret and len(value) < _SHORTEST_PASSWORD:
            what = f"{provider}: {variable} has only {len(value)} characters: whoever guesses it can suppress anybody"
            yield Line(Verdict.WARNING, "webhooks", what, "Make up another one: `openssl rand -hex 32`.")
        elif not settings.newsletter.public_url:
            what = f"{provider}: [newsletter] public_url is not set: it cannot reach `digest public`"
            yield Line(Verdict.WARNING, "webhooks", what, "Serve `digest public` behind https and set public_url.")
        else:
            yield Line(
                Verdict.OK, "webhooks", f"{provider} reports to {settings.newsletter.public_url}/bounces/{provider}"
            )


def _sample_edition(settings: Settings) -> Edition:
    week = latest_closed(datetime(2024, 1, 8, 12, tzinfo=UTC), settings.newsletter.cutoff, settings.newsletter.zone)
    window = window_of(week, settings.newsletter.cutoff, settings.newsletter.zone)
    post = EditionPost(
        "0" * 16, "A sample post", "https://example.org/post", "A sample source", "", window.starts,
        ("One sentence.",), "lead", (),
    )  # fmt: skip
    sections = tuple(Section(theme.key, theme.title, (post,)) for theme in settings.themes)
    return Edition(week, 1, settings.newsletter.title, window.starts, window.ends, sections)


def _templates(settings: Settings) -> Iterator[Line]:
    design, edition = design_of(settings), _sample_edition(settings)
    rendered = Renderer(design, default_folders(settings)).render(edition)
    whole = message_template(rendered, design, week=str(edition.week)).fill(
        sample_addressing(settings, edition.week, edition.ends)
    )
    own = "your own and the built-in" if settings.templates_folder.is_dir() else "the built-in"
    yield Line(Verdict.OK, "templates", f"{own} ones render: {len(whole):,} bytes for a sample edition")
    yield from _pages(settings)


def _pages(settings: Settings) -> Iterator[Line]:
    """Check the translations of the pages and notices: all of them, as any visitor may choose any language."""
    pages, mail = page_catalogue(settings), mail_catalogue(settings)
    for tag in pages.languages:
        missing = [key for key in pages.translations(tag).missing_keys if key not in mail.translations(ENGLISH).phrases]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            what = f"the public pages lack {missing[0]}{more} in {name_of(tag)}: shown in English"
            yield Line(Verdict.WARNING, "pages", what, f"Add to templates/pages/words/{tag}.toml.")
    for tag in sorted({*mail.languages} - {*pages.languages}):
        what = f"the mail is translated into {name_of(tag)}, the public pages are not"
        yield Line(Verdict.WARNING, "pages", what, f"Write templates/pages/words/{tag}.toml.")


def _languages(settings: Settings, numbers_by_tag: Mapping[str, int]) -> Iterator[Line]:
    """What the mail says of its own, in the languages that subscribers ask for (`asked`: how many, by tag)."""
    newsletter = settings.newsletter.language
    languages = mail_catalogue(settings)
    yield Line(Verdict.OK, "languages", f"{newsletter}; there are translations for {', '.join(languages.languages)}")
    for tag, number in sorted(({newsletter: 0} | dict(numbers_by_tag)).items()):
        mail_tag = languages.resolve(tag)
        here = f"templates/email/words/{canonical(tag) or tag}.toml"
        if tag and known_language(mail_tag) != known_language(canonical(tag) or tag):
            who = "the subscriber who asks for it gets" if number == 1 else f"{number} subscribers who ask for it get"
            who = who if number else "the newsletter uses it and gets"
            what = f"there is no translation into {name_of(tag)}: {who} {name_of(mail_tag)}"
            yield Line(Verdict.WARNING, "languages", what, f"Write {here}; docs/operating.md says how.")
        elif missing := languages.translations(tag).missing_keys:
            what = f"{name_of(tag)} lacks {', '.join(missing)}: they are shown in English"
            yield Line(Verdict.WARNING, "languages", what, f"Add them to {here}.")


def _store(settings: Settings, now: datetime) -> Iterator[Line]:
    store = open_store(settings.store_url)
    try:
        with store.writing() as connection:
            counts = subscribers.counts(connection)
            numbers_by_tag = subscribers.languages(connection)
            findings = list(mailbox_health(connection, settings, now))
        active = counts[EffectiveStatus.ACTIVE]
        yield Line(Verdict.OK, "store", f"{shown_url(store.engine)}: {active} active subscribers")
        if not active:
            yield Line(Verdict.WARNING, "subscribers", "none", "`digest subscribers import subscribers.csv`")
        yield from _languages(settings, numbers_by_tag)
        for one in findings:
            yield Line(Verdict.OK if one.good else Verdict.WARNING, "returned mail", one.message, one.remedy)
    finally:
        store.close()


def _secret_key(settings: Settings, now: datetime) -> Iterator[Line]:
    store = open_store(settings.store_url)
    try:
        context = Context(settings, store, lambda: now)
        register_store(context)
        check_key(context)
    finally:
        store.close()
    name = fingerprint(settings.secret_key)
    yield Line(Verdict.OK, "secret key", f"{settings.secret_key_place} is the store's: fingerprint {name}")


def _dkim(settings: Settings) -> Iterator[Line]:
    signer = signer_of(settings)
    if signer is None:
        yield Line(Verdict.OK, "DKIM", "not signed here: your mail server should sign")
        return
    record = f'{signer.selector}._domainkey.{signer.domain} TXT "{signer.public_record()}"'
    yield Line(Verdict.OK, "DKIM", f"signs with {signer.algorithm}; DNS needs: {record}")


def _clock(settings: Settings, now: datetime) -> Iterator[Line]:
    newsletter = settings.newsletter
    week = latest_closed(now, newsletter.cutoff, newsletter.zone)
    window = window_of(week, newsletter.cutoff, newsletter.zone)
    local = f"{now.astimezone(newsletter.zone):%Y-%m-%d %H:%M} {newsletter.timezone}"
    yield Line(
        Verdict.OK,
        "clock",
        f"{local}; the next digest is {week}: {window.starts.astimezone(newsletter.zone):%d %b %H:%M}"
        f" to {window.ends.astimezone(newsletter.zone):%d %b %H:%M}",
    )
    if os.environ.get("DIGEST_NOW"):
        yield Line(Verdict.WARNING, "clock", "stopped: DIGEST_NOW is set", "Unset it when the rehearsal is over.")


def _smtp(settings: Settings) -> Iterator[Line]:
    for server in servers_of(settings):
        failure = log_in(server)
        if failure is not None:
            yield Line(Verdict.ERROR, "SMTP", failure.reason, failure.remedy or REMEDY)
            continue
        yield Line(
            Verdict.OK, "SMTP", f"{server} answers" + (f"; logged in as {server.username}" if server.username else "")
        )


def _dns(settings: Settings) -> Iterator[Line]:
    advice = look_up(settings)
    if advice is None:
        yield Line(Verdict.WARNING, "DNS", "no name server answers: SPF, DKIM and DMARC were not checked", "Try again.")
        return
    for item in advice:
        yield Line(Verdict.OK if item.good else Verdict.WARNING, item.what, item.message, item.remedy)


def doctor(settings: Settings) -> Iterator[Line]:
    """Check the machine: versions, disk, backups."""
    yield Line(Verdict.OK, "versions", f"Digest {__version__}, Python {sys.version.split()[0]}")
    folder = settings.state_folder
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    verdict = Verdict.WARNING if free < 1_000_000_000 else Verdict.OK
    yield Line(
        verdict,
        "disk",
        f"{free / 1e9:.1f} GB free at {there}",
        "" if verdict is Verdict.OK else "Free some disk space.",
    )
    if not settings.store_url.startswith("sqlite"):
        return
    backups = sorted(folder.glob("*.backup*"), key=lambda path: path.stat().st_mtime)
    fresh = backups and datetime.now(UTC) - datetime.fromtimestamp(backups[-1].stat().st_mtime, UTC) < timedelta(days=8)
    if fresh:
        yield Line(Verdict.OK, "backup", f"{backups[-1].name}")
    else:
        yield Line(
            Verdict.WARNING,
            "backup",
            f"no backup of the store from the last eight days in {folder}",
            "Each week before sending, run: sqlite3 digest.db \".backup 'digest.db.backup'\"",
        )
