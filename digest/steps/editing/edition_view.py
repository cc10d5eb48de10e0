"""Editions as editors see them, on the desk and with `digest show`: rendered, checked, with status and counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from digest.edition.preflight.checks import MONTH, LinkResults, preflight
from digest.edition.preflight.dead_links import links_to_check
from digest.errors import UsageError
from digest.mail.message.message_headers import Addressing
from digest.mail.message.message_template import MessageTemplate, message_template, personal
from digest.mail.rendering.design import Design, design_of
from digest.memory import Memory
from digest.model import (
    Approval,
    DeliveryCounts,
    Edition,
    EditionMail,
    EditionStatus,
    Finding,
    Mailing,
    RevisionCount,
    Severity,
)
from digest.settings import Settings
from digest.steps.context import Context
from digest.steps.editing.check_links import LinkCheck, check_links, known_links
from digest.steps.editing.mails_by_language import (
    LanguageMail,
    can_render,
    mails_by_language,
    missing_phrases,
    months_by_language,
)
from digest.steps.editing.render_edition import EditionRenderer
from digest.steps.editing.revisions_sent import already_sent
from digest.steps.mail_setup import Links, unsubscribe_mailto
from digest.steps.picture_files import missing_pictures, pictures_folder
from digest.store import approvals, deliveries, editions
from digest.store.edition_list import EditionListRow, edition_list
from digest.store.editions import EditionRow
from digest.store.revision_counts import revision_counts
from digest.subscribers.email_addresses import envelope_form
from digest.week import Week

SAMPLE_SUBSCRIBER = "reader@example.org"


_FINDINGS: Memory[Hashable, tuple[Edition, Edition | None, tuple[Finding, ...]]] = Memory(12)


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition as the editor sees it."""

    row: EditionRow
    edition: Edition
    rendered: EditionMail
    fingerprint: str
    approval: Approval | None  # in force, and of exactly this content
    voided: str  # why the last approval no longer holds; "" where it does or there was none
    findings: tuple[Finding, ...]
    links: LinkCheck  # what is known about the mail's links; the findings include it
    counts: DeliveryCounts
    revisions: tuple[RevisionCount, ...]  # how many subscribers have which text
    language_mails: tuple[LanguageMail, ...]  # one for each language of its subscribers; the first is `rendered`
    month_mails: tuple[LanguageMail, ...] = ()  # the same of the month's mail; () where none goes with it

    @property
    def status(self) -> EditionStatus:
        return self.row.status

    @property
    def already_sent(self) -> str:
        """Who has another text of it, in words; "" where nobody has."""
        return already_sent(self.revisions, self.row.revision, self.fingerprint)


def list_editions(context: Context) -> list[EditionListRow]:
    """Return every edition, newest first."""
    with context.store.reading() as connection:
        return edition_list(connection)


def load_edition(context: Context, week: Week, revision: int | None = None) -> tuple[EditionRow, Edition]:
    """Return the edition's row and one of its revisions (None: the latest). Raises UsageError if there is none."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        edition = editions.load(connection, week, revision) if row else None
        weeks = [row.week for row in editions.list_all(connection)]
    if row is None or edition is None:
        if row is not None and revision is not None:
            raise UsageError(f"The edition {week} has no revision {revision}.", f"It has 1 to {row.revision}.")
        having = f"There are {', '.join(map(str, weeks[:8]))}." if weeks else "There are no editions yet."
        raise UsageError(f"There is no edition {week}.", f"{having} Compose one with `digest compose --week {week}`.")
    return row, edition


def load(context: Context, week: Week) -> EditionView:
    """Return the edition in its present state, rendered and checked. Does not use the network.

    Raises UsageError and TemplateError.
    """
    row, edition = load_edition(context, week)
    with context.store.reading() as connection:
        approval = approvals.in_force(connection, week)
        voided = approvals.last_voided(connection, week)
        counts = deliveries.counts(connection, Mailing(week))
        revisions = revision_counts(connection, Mailing(week))
        sent_mail = approvals.sent_mail(connection, week)
    renderer = EditionRenderer(context.settings, edition, sent_mail)
    fingerprint = approval.fingerprint if approval is not None and sent_mail is not None else renderer.fingerprint
    if approval is not None and approval.fingerprint != fingerprint:
        voided = CHANGED
        approval = None
    mails = mails_by_language(context, renderer, approval)
    months = months_by_language(context, renderer, approval, mails)
    visited = [*mails[:1], *(months[:1] if _are_read(months) else ())]
    links = known_links(context, week, _links_in(renderer.design, visited))
    findings = _findings(context, renderer, mails, months, links.results)
    return EditionView(
        row=row,
        edition=edition,
        rendered=renderer.mail_to_show,
        fingerprint=fingerprint,
        approval=approval,
        voided=voided,
        findings=findings,
        links=links,
        counts=counts,
        revisions=revisions,
        language_mails=mails,
        month_mails=months,
    )


def with_links(
    context: Context,
    view: EditionView,
    *,
    by: str = "digest",
    again: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> EditionView:
    """Return the view after checking the links that were not checked lately, or all of them with `again`.

    Takes `check_links.SECONDS_FOR_ALL_LINKS` seconds at most. `stop` is called meanwhile: True ends the check.
    """
    links = check_links(context, view.row.week, view.links.addresses, by=by, again=again, stop=stop)
    renderer = EditionRenderer(context.settings, view.edition)
    findings = _findings(context, renderer, view.language_mails, view.month_mails, links.results)
    return replace(view, links=links, findings=findings)


def _are_read(months: tuple[LanguageMail, ...]) -> bool:
    """Whether somebody gets one of these monthly mails."""
    return any(mail.subscribers for mail in months)


def _links_in(design: Design, mails: Iterable[LanguageMail]) -> tuple[str, ...]:
    """Return the links to check, each once: those of a mail in another language are the same."""
    links = (url for mail in mails for url in links_to_check(mail.rendered.html, design.public_url))
    return tuple(dict.fromkeys(links))


def _findings(
    context: Context,
    renderer: EditionRenderer,
    mails: tuple[LanguageMail, ...],
    months: tuple[LanguageMail, ...],
    online: LinkResults,
) -> tuple[Finding, ...]:
    is_month_read = _are_read(months)
    with context.store.reading() as connection:
        previous = editions.previous(connection, renderer.edition.week)
    hold = context.settings.edition.hold_withdrawn
    others = {mail.name: mail.rendered for mail in mails[1:]}
    other_months = {mail.name: mail.rendered for mail in months[1:] if mail.subscribers}
    month = months[0].rendered if months else None
    rendered = (mails[0].rendered, tuple(others.items()), month, tuple(other_months.items()))
    facts = (frozenset(online.items()), hold, is_month_read)
    key = (id(renderer.edition), id(previous), rendered, renderer.design, *facts)
    known = _FINDINGS.get(key)  # as long as it is there, it keeps the editions, and so their ids
    if known is None:
        findings = preflight(
            renderer.edition,
            mails[0].rendered,
            renderer.design,
            previous=previous,
            online=online,
            hold_withdrawn=hold,
            others=others,
            month=month,
            other_months=other_months,
            is_month_read=is_month_read,
        )
        known = _FINDINGS.put(key, (renderer.edition, previous, findings))
    without_file = _without_file(context, renderer.edition, has_month=is_month_read)
    return known[-1] + without_file + missing_phrases(renderer, mails)


def _without_file(context: Context, edition: Edition, *, has_month: bool) -> tuple[Finding, ...]:
    where = pictures_folder(context.settings)
    backup = "Restore the folder from a backup"
    here = tuple(
        Finding(
            Severity.ERROR,
            "pictures",
            f"The picture of “{post.title[:80]}” is not in {where}: subscribers would see none.",
            f"{backup}, or fetch it again: `digest compose {edition.week}`.",
            about=post.id,
        )
        for post in missing_pictures(context.settings, edition.posts)
    )
    known, month = {post.id for post in edition.posts}, edition.for_monthly
    earlier = [post for post in month.posts if post.id not in known] if month and has_month else []
    return (
        here
        + tuple(
            Finding(
                Severity.WARNING,  # no composing fetches it again, so it must not block this edition for ever
                "pictures",
                f"{MONTH}: The picture of “{post.title[:80]}” is not in {where}: subscribers would see none.",
                f"{backup}.",
            )
            for post in missing_pictures(context.settings, earlier)
        )
    )


def exact(context: Context, week: Week, what: str, language: str = "", *, monthly: bool = False) -> bytes:
    """Return the exact bytes of the edition as "html", "text", "mjml" or "eml", for a sample subscriber of `language`.

    `monthly` is the mail of monthly subscribers. Of an edition that was sent, these are the bytes that subscribers got,
    even if the templates have changed since. Only the weekly mail in the newsletter's own language is stored: raises
    UsageError if another one cannot be rendered the same any more, and if no month goes with the edition.
    """
    row, edition = load_edition(context, week)
    with context.store.reading() as connection:
        approval = approvals.in_force(connection, week)
        renderer = EditionRenderer(context.settings, edition, approvals.sent_mail(connection, week))
    foreign = bool(language) and renderer.catalogue.resolve(language) != renderer.catalogue.default
    if monthly:
        require_month(edition)
    if (foreign or monthly) and not can_render(renderer, approval):
        raise UsageError(
            f"The edition {week} was sent, and cannot be rendered the same way again: {CHANGED}.",
            "Only the weekly mail in the newsletter's own language is stored.",
        )
    rendered = renderer.mail(language=language, monthly=monthly) if foreign or monthly else renderer.mail_to_show
    date = row.started_at or row.send_at or row.composed_at or edition.ends  # when it was or would be sent
    addressing = sample_addressing(context.settings, row.week, date)
    if what == "eml":
        return sample_template(renderer, rendered).fill(addressing)
    mail = personal(rendered, addressing)
    return {"html": mail.html, "text": mail.text, "mjml": mail.mjml}[what].encode()


def require_month(edition: Edition) -> None:
    """Raise UsageError if monthly subscribers get nothing with the edition."""
    if edition.month is None:
        raise UsageError(
            f"The edition {edition.week} has no monthly mail.",
            "One goes with the last edition of each month: `digest status WEEK` says which month an edition has.",
        )


def sample_template(renderer: EditionRenderer, rendered: EditionMail) -> MessageTemplate:
    """Return the message template of the edition mail."""
    return message_template(rendered, renderer.design, week=str(renderer.edition.week))


def sample_addressing(
    settings: Settings, mailing: Week | Mailing, date: datetime, email: str = SAMPLE_SUBSCRIBER, name: str = ""
) -> Addressing:
    """Return the address lines for previews and test sends: their links belong to no real subscriber."""
    design = design_of(settings)
    url, from_ = design.public_url, envelope_form(settings.newsletter.from_address)[0]
    return Addressing(
        email=email,
        name=name,
        message_id=f"<{str(mailing).lower()}.sample.{hashlib.sha256(email.encode()).hexdigest()[:16]}@{from_.rpartition('@')[2]}>",
        date=date,
        unsubscribe_url=f"{url}/unsubscribe/sample" if url else "",
        unsubscribe_mailto=unsubscribe_mailto(Links(settings).return_path("sample")),
        preferences_url=f"{url}/preferences/sample" if url else "",
    )


CHANGED = "the content, the templates, the design or the audience rule changed after approval"
