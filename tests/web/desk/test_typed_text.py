"""Whatever is typed survives: every button of the page carries it, whether the page runs scripts or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from lxml import html
from pydantic import SecretStr

from digest.model import EditionStatus
from digest.settings import Secrets
from digest.steps.editing import drafts
from digest.steps.editing.drafts import Drafts
from tests.steps import editor_changes
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"
HOSTILE = "“Half” <b>a</b> &amp; sentence 🤔"
EDITION_FIELDS = ("subject", "preheader", "introduction")
POST_FIELDS = ("title", "note")


@dataclass
class Page:
    """A page in a browser without scripts: its text boxes, and what its buttons send."""

    desk: ServedDesk
    path: str
    tree: html.HtmlElement = field(init=False)

    def __post_init__(self) -> None:
        self.tree = html.fromstring(self.desk.page(self.path))

    def box(self, name: str) -> html.HtmlElement:
        (found,) = self.tree.xpath(f'//*[@name="{name}" and (self::textarea or @type="text")]')
        return found

    def text(self, name: str) -> str:
        box = self.box(name)
        # A textarea's first line break is not part of its text.
        return str(box.get("value") or "") if box.tag == "input" else str(box.text or "").removeprefix("\n")

    def write(self, name: str, text: str) -> None:
        box = self.box(name)
        if box.tag == "input":
            box.set("value", text)
        else:
            box.text = text

    def buttons(self) -> list[html.HtmlElement]:
        return list(self.tree.xpath('//button[@form="act" and @formaction and not(@disabled)]'))

    def press(self, button: html.HtmlElement) -> httpx.Response:
        controls = self.tree.xpath('//form[@id="act"]//input | //*[@form="act" and not(self::button)]')
        fields: dict[str, list[str]] = {}
        for one in controls:
            if one.get("type") not in ("checkbox", "radio") or one.get("checked") is not None:
                value = one.text or "" if one.tag == "textarea" else one.get("value") or ""
                if one.tag == "select":
                    value = next(iter(one.xpath(".//option[@selected]/@value")), "")
                fields.setdefault(one.get("name"), []).append(value.replace("\n", "\r\n"))
        if button.get("name"):
            fields.setdefault(button.get("name"), []).append(button.get("value") or "")
        return self.desk.client.post(button.get("formaction"), data=fields)


def own_drafts(desk: ServedDesk, person: str = "Edith") -> Drafts:
    return drafts.shown_to(desk.context, WEEK, desk.edition, person)


def names_of(page: Page) -> list[str]:
    return [name for name in (*EDITION_FIELDS, *POST_FIELDS) if page.tree.xpath(f'//*[@data-typed="{name}"]')]


@pytest.mark.thorough
def test_no_button_of_the_page_loses_a_text(desk: ServedDesk) -> None:
    """Each verb, with text in every box: it is there again when the page is shown."""
    opened = desk.edition.posts[0].id
    path = f"{BENCH}?post={opened}"
    desk.settled_page()
    first = Page(desk, path)
    names = names_of(first)
    assert {"subject", "preheader", "introduction", "title"} <= set(names)
    verbs: dict[str, str] = {}
    for button in first.buttons():
        verbs.setdefault(button.get("formaction").rpartition("/")[2], button.get("formaction"))
    assert {"pin", "hold", "drop", "links", "test", "schedule", "approve", "skip"} <= verbs.keys()
    applying = {"words", "fill", "title", "note", "discard", "overrule"}
    leaving = {"drop", "hold", "skip"}  # the last ones: the post, or the edition, is gone afterwards
    for number, verb in enumerate(sorted(verbs.keys() - applying, key=lambda verb: (verb in leaving, verb))):
        page = Page(desk, path)
        if not page.tree.xpath('//*[@id="subject"]'):
            break  # held or skipped: nothing can be written
        (button, *_) = [each for each in page.buttons() if each.get("formaction").rpartition("/")[2] == verb] or [None]
        if button is None:
            continue
        texts = {name: f"{HOSTILE} {verb} {number} {name}" for name in names_of(page)}
        for name, text in texts.items():
            page.write(name, text)
        page.press(button)
        saved = {draft.field.value: draft.text for draft in own_drafts(desk).own.values()}
        assert saved == texts, verb
        if desk.view.status is EditionStatus.DRAFT:
            after = Page(desk, path)
            assert {name: after.text(name) for name in names_of(after)} == {
                name: texts[name] for name in names_of(after)
            }, verb
    assert not desk.mailbox.messages() or desk.view.status is not EditionStatus.SENT


def test_save_puts_all_texts_into_the_edition(desk: ServedDesk) -> None:
    page = Page(desk, BENCH)
    for name in EDITION_FIELDS:
        page.write(name, f"A new {name}, long enough to be a whole line in any inbox")
    (save, *_) = [each for each in page.buttons() if each.get("formaction").endswith("/words")]
    assert "saved" in page.press(save).text
    for name in EDITION_FIELDS:
        assert getattr(desk.edition, name).startswith(f"A new {name}")
    assert not own_drafts(desk).own


def test_what_was_not_touched_is_no_draft(desk: ServedDesk) -> None:
    page = Page(desk, BENCH)
    editor_changes.write_subject(desk.context, WEEK, "Bo wrote this meanwhile", by="Bo")
    page.press(next(each for each in page.buttons() if each.get("formaction").endswith("/pin")))
    assert not own_drafts(desk).own
    assert desk.edition.subject == "Bo wrote this meanwhile"


def test_typing_is_saved_by_and_by(desk: ServedDesk) -> None:
    answer = desk.fill(f"{BENCH}/drafts", field="introduction", text="Good morn", mark="introduction:1")
    assert answer.json() == {"saved": "06:30", "unapplied": True}
    assert Page(desk, BENCH).text("introduction") == "Good morn"
    assert "not in the mail yet" in desk.page()
    assert desk.edition.introduction == ""

    refused = desk.fill(f"{BENCH}/drafts", field="introduction", text="x" * 80_001)
    assert refused.status_code == 409
    assert "80,001 characters" in refused.json()["error"]
    assert desk.fill(f"{BENCH}/drafts", field="nothing", text="x").status_code == 409


def test_a_stale_token_is_renewed_for_the_script_and_the_text_shown_again_without(desk: ServedDesk) -> None:
    stale = desk.client.post(f"{BENCH}/drafts", data={"token": "0" * 64, "field": "subject", "text": "Half"})
    assert stale.status_code == 403
    fresh = stale.headers["X-Digest-Token"]
    again = desk.client.post(f"{BENCH}/drafts", data={"token": fresh, "field": "subject", "text": "Half"})
    assert again.status_code == 200
    foreign = {"Sec-Fetch-Site": "cross-site"}
    data = {"token": fresh, "field": "subject", "text": "Evil"}
    assert desk.client.post(f"{BENCH}/drafts", data=data, headers=foreign).status_code == 403
    assert Page(desk, BENCH).text("subject") == "Half"

    post = desk.edition.posts[0].id
    data = {"token": "1" * 64, "introduction": HOSTILE, "title": "A title", "open": post}
    shown = desk.client.post(f"{BENCH}/posts/{post}/pin", data=data)
    assert shown.status_code == 403
    tree = html.fromstring(shown.text)
    assert tree.xpath('string(//*[@id="introduction"])').strip() == HOSTILE
    assert tree.xpath('//*[@data-typed="title"]/@value') == ["A title"]
    assert not desk.post("bin day").pinned


def test_two_people_in_one_box(desk: ServedDesk) -> None:
    """Their drafts are apart. What one applies is a clash for the other, who sees both and chooses."""
    page = Page(desk, BENCH)
    page.write("introduction", "Edith writes")
    page.press(next(each for each in page.buttons() if each.get("formaction").endswith("/pin")))
    drafts.save(desk.context, WEEK, by="Bo", field="introduction", post="", text="Bo writes, too")
    assert "Bo has written here, too" in desk.page()
    assert Page(desk, BENCH).text("introduction") == "Edith writes"

    editor_changes.write_introduction(desk.context, WEEK, "Bo has saved", by="Bo")
    page = Page(desk, BENCH)
    assert page.text("introduction") == "Edith writes"
    assert page.tree.xpath("string(//blockquote)") == "Bo has saved"
    (save, *_) = [each for each in page.buttons() if each.get("formaction").endswith("/words")]
    assert page.press(save).status_code == 409
    assert desk.edition.introduction == "Bo has saved"

    page = Page(desk, BENCH)
    page.press(next(each for each in page.buttons() if each.get("formaction").endswith("/discard")))
    assert Page(desk, BENCH).text("introduction") == "Bo has saved"
    assert not own_drafts(desk).own


# --- The log-in -------------------------------------------------------------------------------------------------------


@pytest.fixture
def locked(composed_week: Path, tmp_path: Path) -> Iterator[ServedDesk]:
    secrets = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))
    with serve_desk(composed_week, tmp_path, secrets=secrets) as desk:
        yield desk


def log_in(desk: ServedDesk, page: str, name: str = "Ada", password: str = "open sesame") -> httpx.Response:
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return desk.client.post("/login", data={**hidden, "name": name, "password": password})


def test_a_form_that_meets_the_log_in_page_keeps_its_text(locked: ServedDesk) -> None:
    log_in(locked, locked.client.get("/login").text)
    post = locked.edition.posts[0].id
    page = Page(locked, f"{BENCH}?post={post}")
    page.write("introduction", HOSTILE + "\n\nTwo.")
    page.write("title", "A better title")
    for cookie in [each for each in locked.client.cookies.jar if each.name.startswith("digest_desk_")]:
        locked.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)  # the session has ended

    met = page.press(next(each for each in page.buttons() if each.get("formaction").endswith("/pin")))
    assert met.status_code == 401
    assert "What you wrote is kept" in met.text
    wrong = log_in(locked, met.text, password="sesame")
    assert wrong.status_code == 403
    back = log_in(locked, wrong.text)
    assert back.url.path == BENCH
    after = Page(locked, f"{BENCH}?post={post}")
    assert after.text("introduction") == HOSTILE + "\n\nTwo."
    assert after.text("title") == "A better title"
    assert not locked.edition.posts[0].pinned, "nothing was done by itself"
    assert locked.edition.introduction == ""


def test_a_script_is_told_that_the_log_in_has_ended(locked: ServedDesk) -> None:
    script = {"X-Digest-Parts": "1"}
    data = {"token": "x", "field": "subject", "text": "Half"}
    answer = locked.client.post(f"{BENCH}/drafts", data=data, headers=script)
    assert (answer.status_code, answer.json()["error"]) == (401, "You have been logged out.")


def test_the_log_in_leads_back_and_nowhere_else(locked: ServedDesk) -> None:
    page = locked.client.get(f"{BENCH}?view=phone")
    assert page.url.path == "/login"
    back = log_in(locked, page.text)
    assert (back.url.path, back.url.params["view"]) == (BENCH, "phone")
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "/login", "javascript:x"):
        locked.client.cookies.clear()
        page = locked.client.get("/login", params={"next": elsewhere})
        assert log_in(locked, page.text).url.path == "/"


def test_a_forged_text_is_not_taken_through_the_log_in(locked: ServedDesk) -> None:
    token = token_of(locked.client.get("/login").text)
    data = {"token": token, "texts": "forged.text", "name": "Ada", "password": "open sesame"}
    assert locked.client.post("/login", data=data).url.path == "/"
    locked.client.cookies.clear()
    foreign = locked.client.post(
        f"{BENCH}/subject", data={"subject": "Evil"}, headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False
    )
    assert foreign.status_code == 303, "another site's text is not kept"
    assert not own_drafts(locked, "Ada").own


def test_a_text_without_a_box_any_more_can_be_copied(locked: ServedDesk) -> None:
    met = locked.client.post(f"{BENCH}/posts/0123456789abcdef/note", data={"note": "Precious", "token": "x"})
    assert met.status_code == 401
    back = log_in(locked, met.text)
    assert back.status_code == 409
    assert "Precious" in back.text
