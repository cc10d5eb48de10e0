"""The approval on the desk: what its panel says, what it refuses, how it is counted down and taken back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.edition.editing.change import Change, Verb
from digest.errors import ApprovalError
from digest.model import EditionStatus
from digest.steps.editing import drafts
from digest.steps.editing.approve import approve as approve_edition
from digest.steps.editing.changes import change
from digest.steps.subscribers.operator_actions import add, suppress
from tests.steps import editor_changes
from tests.steps.newsletter_setup import NOW, WEEK
from tests.web.desk_server import SUBSCRIBERS, ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"


@pytest.fixture
def quick(composed_week: Path, tmp_path: Path) -> Iterator[ServedDesk]:
    """A desk whose approvals can be taken back for two seconds."""
    with serve_desk(composed_week, tmp_path, tables={"desk": {"cancel_seconds": 2}}) as desk:
        yield desk


def fields_of(page: str) -> dict[str, str]:
    """Return what the panel's form sends, with its tick for warnings."""
    names = ("revision", "fingerprint", "warned", "subscribers", "begins")
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in names}
    return {name: match[1] for name, match in hidden.items() if match} | {"ticked": "yes"}


def approve(desk: ServedDesk, **more: str) -> httpx.Response:
    return desk.fill(f"{BENCH}/approve", **(fields_of(desk.settled_page()) | more))


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def until(desk: ServedDesk, status: EditionStatus, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while desk.view.status is not status:
        assert time.monotonic() < ends, desk.view.status
        time.sleep(0.05)


def test_the_panel_says_who_gets_what_and_when(desk: ServedDesk) -> None:
    add(desk.context, "dai@example.org", language="cy")
    suppress(desk.context, SUBSCRIBERS[0], by="test")
    panel = text_of(desk.page(f"{BENCH}/approve"))
    assert "Goes to 3 subscribers (4 − 1 suppressed), 2 in English, 1 in Welsh" in panel
    assert "Posts Digital government 2 · Comms 7" in panel
    assert "at once; for 60 seconds you can take it back" in panel
    assert "Takes a few seconds" in panel
    assert "Approve and send to 3 now" in panel
    desk.do(f"{BENCH}/schedule", at="2026-03-30T09:00")
    panel = text_of(desk.page(f"{BENCH}/approve"))
    assert "Goes out Monday 30 March at 09:00" in panel
    assert "Approve; goes out Mon 09:00" in panel
    assert "At once, when approved" in panel
    desk.do(f"{BENCH}/schedule", when="now")
    assert "Approve and send to 3 now" in desk.page(f"{BENCH}/approve")


def test_what_has_changed_since_the_panel_was_opened_is_refused(desk: ServedDesk) -> None:
    fields = fields_of(desk.settled_page())
    add(desk.context, "new@example.org")
    refused = desk.fill(f"{BENCH}/approve", **fields)
    assert refused.status_code == 409
    assert "4 subscribers would get the edition now, not 3" in refused.text
    assert "Approve and send to 4 now" in refused.text, "the new panel"

    fields = fields_of(refused.text)
    editor_changes.schedule(desk.context, WEEK, NOW + timedelta(days=1), by="Bo")
    refused = desk.fill(f"{BENCH}/approve", **fields)
    assert refused.status_code == 409
    assert "at another time than you saw" in refused.text

    drafts.save(desk.context, WEEK, by="Edith", field="subject", post="", text="Half a sub")
    refused = approve(desk)
    assert refused.status_code == 409
    assert "something that the mail does not show: the subject" in refused.text
    drafts.save(desk.context, WEEK, by="Bo", field="subject", post="", text="Another half")
    desk.do(f"{BENCH}/discard", what="subject")
    assert desk.view.status is EditionStatus.DRAFT
    assert approve(desk).status_code == 200, "what others are writing does not stop it"
    assert desk.view.status is EditionStatus.APPROVED
    assert text_of(desk.page()).count("Goes out to 4 subscribers Tuesday 10 March at 06:30") == 1


def test_an_approval_is_counted_down_then_sent(quick: ServedDesk) -> None:
    page = approve(quick).text
    assert "Approved for 3 subscribers." in page
    assert re.search(r"in 2 seconds</strong>", page)
    assert "Take it back" in page
    assert quick.view.row.send_at == NOW + timedelta(seconds=2)
    time.sleep(0.5)
    assert not quick.mailbox.messages()
    until(quick, EditionStatus.SENT)
    assert len(quick.mailbox.messages()) == len(SUBSCRIBERS)


def test_an_approval_is_taken_back(quick: ServedDesk) -> None:
    approve(quick)
    assert "Taken back. Nothing was sent." in quick.fill(f"{BENCH}/take-back").text
    assert (quick.view.status, quick.view.row.send_at) == (EditionStatus.DRAFT, None)
    time.sleep(2.5)
    assert not quick.mailbox.messages()
    assert quick.view.status is EditionStatus.DRAFT
    again = quick.fill(f"{BENCH}/take-back")
    assert again.status_code == 409
    assert "Nothing is approved" in again.text


def test_a_change_ends_the_countdown(quick: ServedDesk) -> None:
    approve(quick)
    editor_changes.write_subject(quick.context, WEEK, "Another", by="Bo")
    time.sleep(2.5)
    assert not quick.mailbox.messages()


def test_few_posts_need_a_named_yes(composed_week: Path, tmp_path: Path) -> None:
    with serve_desk(composed_week, tmp_path, tables={"approval": {"minimum_posts": 12}}) as desk:
        page = desk.settled_page()
        assert "This edition has 9 posts, fewer than the 12 of a usual one. Send it all the same." in page
        refused = approve(desk)
        assert refused.status_code == 409
        assert "fewer than the 12" in refused.text
        assert approve(desk, few="yes").status_code == 200
        assert desk.view.status is EditionStatus.APPROVED


def test_an_edition_without_posts_goes_out_by_a_tick_that_names_it_and_never_otherwise(desk: ServedDesk) -> None:
    for post in desk.edition.posts:
        change(desk.context, WEEK, Change(Verb.DROP, post.id, text="a holiday"), by="Edith")
    with pytest.raises(ApprovalError, match="This edition has no posts"):
        approve_edition(desk.context, WEEK, by="Edith")
    page = desk.settled_page()
    assert "This edition has no posts. Send it all the same." in page
    assert 'aria-describedby="why-not"' not in page, "the button works, once the tick is set"
    refused = approve(desk)
    assert (refused.status_code, "This edition has no posts." in refused.text) == (409, True)
    assert desk.view.status is EditionStatus.DRAFT
    assert approve(desk, few="yes").status_code == 200
    assert desk.view.status in (EditionStatus.APPROVED, EditionStatus.SENDING, EditionStatus.SENT)


def test_a_week_that_has_not_closed_cannot_be_approved(composed_week: Path, tmp_path: Path) -> None:
    with serve_desk(composed_week, tmp_path, clock=lambda: NOW - timedelta(days=1)) as desk:
        refused = approve(desk)
        assert refused.status_code == 409
        assert "The week 2026-W10 has not closed yet: it closes 2026-03-09 00:00 (Europe/London)." in refused.text


def test_nobody_to_send_to(desk: ServedDesk) -> None:
    for subscriber in SUBSCRIBERS:
        suppress(desk.context, subscriber, by="test")
    page = desk.page()
    assert "Nobody to send to" in page
    assert "There are no active subscribers" in page


def test_skipping_asks_why_and_has_a_way_back(desk: ServedDesk) -> None:
    refused = desk.fill(f"{BENCH}/skip")
    assert refused.status_code == 409
    assert "Why is there no edition this week?" in refused.text
    page = desk.fill(f"{BENCH}/skip", skip_reason="Everybody is on <holiday>").text
    assert "Skipped because: Everybody is on &lt;holiday&gt;" in page
    assert "The edition is a draft again." in desk.fill(f"{BENCH}/resume").text
    desk.do(f"{BENCH}/hold")
    assert "Release the hold" in desk.page()
    desk.do(f"{BENCH}/resume")
    assert desk.view.status is EditionStatus.DRAFT


def test_a_subject_that_will_be_cut_says_so_at_its_field(desk: ServedDesk) -> None:
    page = desk.page()
    assert re.search(r"<span data-length>31</span>/60", page), "the template's own subject is counted"
    desk.do(f"{BENCH}/subject", subject="A week of registers, letters, snow ploughs and one very long title")
    assert "66 characters: inboxes cut it after about 60, at “…ne very long”." in text_of(desk.page())
    for name in ("subject", "preheader"):
        suggestions = re.findall(rf'name="fill-{name}" value="([^"]+)"', page)
        assert len(suggestions) == 3
    desk.do(f"{BENCH}/fill", **{"fill-subject": "Digital government and Comms"})
    assert desk.edition.subject == "Digital government and Comms"
