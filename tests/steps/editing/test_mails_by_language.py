"""Each subscriber gets the edition in the own language, and it is rendered once for each set of themes and language."""

from __future__ import annotations

import email
import email.policy
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from digest.errors import ApprovalError, UsageError
from digest.mail.message.message_headers import Addressing
from digest.mail.message.message_template import full_message
from digest.mail.rendering.design import design_of
from digest.mail.rendering.render import Renderer
from digest.model import EditionMail
from digest.settings import load_settings
from digest.steps.checks import Line, Verdict, run_checks, selected
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.editing.edition_view import exact, load
from digest.steps.editing.render_edition import EditionRenderer
from digest.steps.editing.test_send import send_tests
from digest.steps.sending.correction import correct
from digest.steps.sending.send import send
from digest.steps.sending.verify_approval import ApprovedEdition, approved_edition
from digest.steps.subscribers import operator_actions
from digest.template_folders import default_folders, packaged_folder
from tests.mail.smtp.smtp_server import SmtpServer
from tests.steps.newsletter_setup import NOW, WEEK
from tests.steps.ready_weeks import ReadyWeeks

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # the database makes no difference here

THEMES = ((), ("recruitment",), ("comms",), ("recruitment", "comms"), ("comms", "recruitment"))
LANGUAGES = ("", "en", "en-GB", "cy", "cy-GB", "de", "de-AT", "ar", "pl", "no tag")
DISTINCT = 4 * 5  # all, each, both themes × en-GB, cy, de, de-AT, ar


class Counting(Renderer):
    """Render, and count the calls."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.requests: list[tuple[frozenset[str] | None, str]] = []

    def render(
        self, *arguments: Any, themes: frozenset[str] | None = None, language: str = "", **more: Any
    ) -> EditionMail:
        self.requests.append((themes, language))
        return super().render(*arguments, themes=themes, language=language, **more)


def subscribe(context: Context) -> None:
    for name, language in (("ada", "cy"), ("bo", ""), ("cato", "de"), ("di", "cy-GB"), ("ed", "tlh")):
        operator_actions.add(context, f"{name}@example.org", name=name.title(), language=language)


@pytest.fixture
def context(tmp_path: Path, store_url: str, server: SmtpServer, weeks: ReadyWeeks) -> Iterator[Context]:
    tables = {"smtp": {"port": server.port}, "newsletter": {"public_url": "https://digest.example.org"}}
    sources = ("Working at Estuary", "Harbour Region Comms", "Parish Data Project")
    with weeks.ready(tmp_path, store_url, sources=sources, tables=tables, subscribe=subscribe) as newsletter:
        yield newsletter.context


def checked(context: Context) -> Iterator[Line]:
    return run_checks(selected(online=False, machine=False), context.settings, NOW)


def subscriber(number: int) -> Addressing:
    url = "https://digest.example.org"
    return Addressing(
        f"reader{number}@example.org", f"R {number}", f"<{number}@example.org>", NOW, f"{url}/u/{number}",
        f"mailto:digest@example.org?subject={number}", f"{url}/p/{number}",
    )  # fmt: skip


def test_each_set_of_themes_and_language_is_rendered_once(context: Context) -> None:
    settings, design = context.settings, design_of(context.settings)
    approved = approved_edition(context, WEEK)
    counting = Counting(design, default_folders(settings))
    renderer = EditionRenderer(settings, approved.edition)
    renderer.__dict__["renderer"] = counting
    approved = replace(approved, renderer=renderer)

    wishes = 3 * list(product(THEMES, LANGUAGES))
    messages = [approved.template_for(*wish).fill(subscriber(number)) for number, wish in enumerate(wishes)]
    assert len(messages) == 150
    assert len(counting.requests) == len(set(counting.requests)) == DISTINCT

    all_themes = frozenset(section.theme for section in approved.edition.sections)
    for number, (themes, language) in enumerate(wishes[: len(THEMES) * len(LANGUAGES)]):
        subset = frozenset(themes) & all_themes or None
        whole = Renderer(design, default_folders(settings)).render(approved.edition, themes=subset, language=language)
        assert messages[number] == full_message(whole, design, subscriber(number), week=str(WEEK))
    assert len(counting.requests) == DISTINCT


def test_rendered_mails_can_be_passed_to_another_process(context: Context) -> None:
    original = approved_edition(context, WEEK)
    templates = {language: original.template_for((), language) for language in ("", "cy")}
    copy: ApprovedEdition = pickle.loads(pickle.dumps(original))
    copy.renderer.__dict__["renderer"] = None  # it renders nothing
    assert {language: copy.template_for((), language) for language in templates} == templates
    assert copy.template_for(("no such theme",), "cy-GB") == templates["cy"]


def parts(message: bytes) -> tuple[str, str]:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    plain, rich = (part.get_content() for part in parsed.iter_parts())  # type: ignore[attr-defined]
    return plain.replace("\r\n", "\n"), re.sub(r"\s+", " ", rich)


def subject(message: bytes) -> str:
    return str(email.message_from_bytes(message, policy=email.policy.default)["Subject"])


def test_subscribers_get_their_own_language(context: Context, server: SmtpServer) -> None:
    assert send(context, WEEK, dry_run=True).queued == 5
    assert send(context, WEEK).sent == 5
    messages = {one.recipient.partition("@")[0]: one.message for one in server.accepted}
    leave = {
        "ada": "Dad-danysgrifio",
        "bo": "Unsubscribe",
        "cato": "Abmelden",
        "di": "Dad-danysgrifio",
        "ed": "Unsubscribe",
    }
    tags = {"ada": "cy", "bo": "en-GB", "cato": "de", "di": "cy", "ed": "en-GB"}
    for name, message in messages.items():
        plain, rich = parts(message)
        assert f"\n{leave[name]}:\n" in plain
        assert f">{leave[name]}</a>" in rich
        assert f'<html lang="{tags[name]}" dir="ltr"' in rich
    assert "Helo" not in parts(messages["ada"])[0], "only the editor's introduction begins with a greeting"
    assert subject(messages["ada"]) == "The Test Digest, 2–8 Mawrth 2026"
    assert subject(messages["bo"]) == "The Test Digest, 2–8 March 2026"

    # The editor's own text is not translated; the text around it is.
    correct(context, WEEK, "The ferry leaves at nine.")
    later = {one.recipient.partition("@")[0]: one.message for one in server.accepted[5:]}
    assert subject(later["ada"]) == "Cywiriad: The Test Digest, 2–8 Mawrth 2026"
    assert subject(later["bo"]) == "Correction: The Test Digest, 2–8 March 2026"
    plain, rich = parts(later["ada"])
    assert "Helo Ada,\n\nMae hyn yn cywiro rhifyn 2–8 Mawrth 2026.\n\nThe ferry leaves at nine." in plain
    assert '<div lang="en-GB" style="margin:0"> <p dir="auto"' in rich


def test_a_translation_changed_after_approval_voids_it(tmp_path: Path, context: Context, server: SmtpServer) -> None:
    folder = tmp_path / "templates" / "email" / "words"
    folder.mkdir(parents=True)
    (folder / "de.toml").write_text('unsubscribe = "Newsletter abbestellen"', "utf-8")
    with pytest.raises(ApprovalError, match="not what was approved"):
        send(context, WEEK)
    assert server.accepted == []
    approve(context, WEEK, by="editor")
    assert send(context, WEEK).sent == 5
    (cato,) = (one.message for one in server.accepted if one.recipient.startswith("cato"))
    assert "\nNewsletter abbestellen:\n" in parts(cato)[0]


def test_the_editor_sees_and_tests_each_language_of_the_subscribers(context: Context, server: SmtpServer) -> None:
    view = load(context, WEEK)
    assert [(mail.tag, mail.name, mail.subscribers) for mail in view.language_mails] == [
        ("en-GB", "English (United Kingdom)", 2), ("cy", "Welsh", 2), ("de", "German", 1),
    ]  # fmt: skip
    assert view.language_mails[0].rendered == view.rendered
    assert "Dad-danysgrifio" in exact(context, WEEK, "text", "cy").decode()
    assert exact(context, WEEK, "html", "en") == exact(context, WEEK, "html")
    send_tests(context, WEEK, ["editor@example.org"], by="editor", language="de")
    assert "\nAbmelden:\n" in parts(server.accepted[0].message)[0]


def test_the_sent_mail_of_another_language_is_shown_while_unchanged(tmp_path: Path, context: Context) -> None:
    send(context, WEEK)
    before = exact(context, WEEK, "eml", "cy")
    assert [mail.tag for mail in load(context, WEEK).language_mails] == ["en-GB", "cy", "de"]
    folder = tmp_path / "templates" / "email" / "words"
    folder.mkdir(parents=True)
    (folder / "cy.toml").write_text('unsubscribe = "Gadael"', "utf-8")
    assert [mail.tag for mail in load(context, WEEK).language_mails] == ["en-GB"]
    with pytest.raises(UsageError, match=r"was sent, and cannot be rendered the same way again"):
        exact(context, WEEK, "eml", "cy")
    (folder / "cy.toml").unlink()
    assert exact(context, WEEK, "eml", "cy") == before


def test_the_preflight_checks_every_language(tmp_path: Path, context: Context) -> None:
    assert [finding for finding in load(context, WEEK).findings if "Welsh" in finding.message] == []
    folder = tmp_path / "templates" / "email"
    (folder / "words").mkdir(parents=True)
    (folder / "words" / "pl.toml").write_text('greeting = "Dzień dobry{name},"', "utf-8")
    operator_actions.add(context, "fi@example.org", language="pl")
    text = (packaged_folder() / "digest.txt.j2").read_text("utf-8")
    spoilt = text.replace("⟦unsubscribe⟧", '{{ "" if look.language == "cy" else "⟦unsubscribe⟧" }}')
    (folder / "digest.txt.j2").write_text(spoilt, "utf-8")
    messages = {(finding.check, finding.severity.value): finding.message for finding in load(context, WEEK).findings}
    assert messages["unsubscribe", "error"].startswith("In Welsh: ")
    assert messages["language", "note"].startswith("Polish lacks ")
    with pytest.raises(ApprovalError, match="In Welsh"):
        approve(context, WEEK, by="editor")


def test_a_newsletter_in_an_untranslated_language_is_reported(tmp_path: Path, context: Context) -> None:
    path = context.settings.path
    path.write_text(path.read_text("utf-8").replace("[newsletter]", '[newsletter]\nlanguage = "pl"'), "utf-8")
    polish = replace(context, settings=load_settings(path))
    (note,) = (finding for finding in load(polish, WEEK).findings if "no translation" in finding.message)
    assert note.message == "There is no translation into Polish: the mail's own phrases are in English."
    assert note.remedy == "Write templates/email/words/pl.toml."


def test_an_unknown_language_is_rejected_and_an_untranslated_one_reported(tmp_path: Path, context: Context) -> None:
    for language in ("Welsh", "en-" + "x" * 40, "12"):
        verdict = operator_actions.add(context, "gwen@example.org", language=language)
        assert (verdict.verdict, "is not a language tag; write one such as cy" in verdict.reason) == ("invalid", True)
    assert operator_actions.add(context, "gwen@example.org", language="cy_GB").verdict == "added"
    folder = tmp_path / "templates" / "email" / "words"
    folder.mkdir(parents=True)
    (folder / "ga.toml").write_text('unsubscribe = "Díliostáil"', "utf-8")
    operator_actions.add(context, "fionn@example.org", language="ga-IE")
    lines = [line for line in checked(context) if line.what == "languages"]
    assert lines[0].message == "en-GB; there are translations for ar, cy, de, en, es, fr, ga, nl"
    assert lines[1].message.startswith("Irish (Ireland) lacks subject, week_of, correction, correction_heading, ")
    assert lines[2].message == (
        "there is no translation into tlh: the subscriber who asks for it gets English (United Kingdom)"
    )
    assert lines[2].remedy == "Write templates/email/words/tlh.toml; docs/operating.md says how."
    assert len(lines) == 3
    folder = context.settings.folder / "templates" / "pages" / "words"
    folder.mkdir(parents=True)
    (folder / "pl.toml").write_text('subscribe = "Zapisz się"', "utf-8")
    lines = [line for line in checked(context) if line.what == "pages"]
    assert [line.remedy for line in lines] == [
        "Add to templates/pages/words/pl.toml.", "Write templates/pages/words/ga.toml.",
    ]  # fmt: skip
    assert re.fullmatch(r"the public pages lack skip and \d+ more in Polish: shown in English", lines[0].message)
    assert lines[1].message == "the mail is translated into Irish, the public pages are not"
    (folder / "pl.toml").write_text('subscribee = "Zapisz się"', "utf-8")
    wrong = next(line for line in checked(context) if line.verdict is Verdict.ERROR)
    assert "pages/words/pl.toml: there is no phrase 'subscribee'; did you mean 'subscribe'?" in wrong.message
