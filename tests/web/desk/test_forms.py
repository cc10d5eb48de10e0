"""The desk's forms: what they change, what they reject, and what the editor sees."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from digest.model import AuditEvent, EditionStatus
from digest.steps.editing.desk_data import trail
from digest.steps.sending.send import send
from digest.store import audit
from tests.loopback import NO_CERTIFICATES
from tests.steps import editor_changes
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import SUBSCRIBERS, ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"


def about(desk: ServedDesk, words: str, verb: str, **fields: object) -> httpx.Response:
    return desk.fill(f"{BENCH}/posts/{desk.post(words).id}/{verb}", **fields)


def quietly(desk: ServedDesk, words: str, verb: str, **fields: object) -> None:
    desk.do(f"{BENCH}/posts/{desk.post(words).id}/{verb}", **fields)


def mark(desk: ServedDesk, field: str) -> str:
    """Return the mark by which the page's form says what it saw in a field."""
    match = re.search(rf'name="mark-{field}" value="([^"]*)"', desk.page())
    assert match
    return match[1]


def approve(desk: ServedDesk) -> httpx.Response:
    view = desk.view
    return desk.fill(f"{BENCH}/approve", revision=view.row.revision, fingerprint=view.fingerprint, seen="yes")


def wait_until_sent(desk: ServedDesk) -> None:
    """Poll as the page does, until the job has ended."""
    for _ in range(600):
        if 'data-job="running"' not in desk.page(f"{BENCH}/progress"):
            return
        time.sleep(0.05)
    raise AssertionError("sending did not end")


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
)
def test_rejects_cross_site_forms(desk: ServedDesk, headers: dict[str, str]) -> None:
    token = token_of(desk.page())
    answer = desk.client.post(f"{BENCH}/skip", data={"token": token}, headers=headers)
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text
    assert desk.view.status is EditionStatus.DRAFT


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_rejects_forms_without_a_token(desk: ServedDesk, token: str) -> None:
    desk.page()
    assert desk.client.post(f"{BENCH}/skip", data={"token": token}).status_code == 403
    assert desk.view.status is EditionStatus.DRAFT


def test_a_token_belongs_to_one_visitor(desk: ServedDesk) -> None:
    token = token_of(desk.page())
    with httpx.Client(base_url=desk.url, cookies=desk.session, verify=NO_CERTIFICATES) as other:
        other.get(BENCH)
        assert other.post(f"{BENCH}/skip", data={"token": token}).status_code == 403


def test_rejects_a_form_that_is_too_large(desk: ServedDesk) -> None:
    token = token_of(desk.page())
    answer = desk.client.post(f"{BENCH}/introduction", data={"token": token, "introduction": "x" * 1_100_000})
    assert answer.status_code == 413


# --- About one post ---------------------------------------------------------------------------------------------------


def test_pin_and_unpin(desk: ServedDesk) -> None:
    answer = about(desk, "bin day", "pin", view="phone")
    assert "Pinned" in answer.text
    assert answer.url.params["view"] == "phone", "the editor stays in the same view"
    assert desk.post("bin day").pinned
    assert "Pinned" not in re.findall(r'role="status"><p>([^<]*)', desk.page()), "a message is shown once"
    quietly(desk, "bin day", "unpin")
    assert not desk.post("bin day").pinned
    assert [row.by for row in trail(desk.context, WEEK) if row.what == "pinned"] == ["Edith"]


def test_up_and_down(desk: ServedDesk) -> None:
    def order() -> list[str]:
        return [post.id for post in max(desk.edition.sections, key=lambda section: len(section.posts)).posts]

    first, second, third, *_ = order()
    desk.do(f"{BENCH}/posts/{second}/up")
    assert order()[:3] == [second, first, third]
    desk.do(f"{BENCH}/posts/{second}/down")
    assert order()[:3] == [first, second, third]
    desk.do(f"{BENCH}/posts/{third}/up")
    desk.do(f"{BENCH}/posts/{third}/up")
    assert order()[:3] == [third, first, second]
    desk.do(f"{BENCH}/posts/{first}/up")
    assert order()[:3] == [first, third, second]
    desk.do(f"{BENCH}/posts/{first}/unplace")
    assert not desk.view.row.arrangement.posts
    assert order()[:3] == [first, second, third]


def test_move_drop_hold_and_restore(desk: ServedDesk) -> None:
    assert "to Recruitment. The digest learns" in about(desk, "bin day", "move", theme="recruitment").text
    recruitment = next(section for section in desk.edition.sections if section.theme == "recruitment")
    assert "bin day" in str([post.title for post in recruitment.posts])
    rejected = about(desk, "bin day", "move", theme="no-such-theme")
    assert rejected.status_code == 409
    assert "There is no such theme" in rejected.text

    dropped = desk.post("bin day").id
    assert "”: off &lt;topic&gt;." in about(desk, "bin day", "drop", reason="off <topic>").text
    assert dropped in {post.post for post in desk.edition.left_out}
    assert "off &lt;topic&gt;" in desk.page()
    desk.do(f"{BENCH}/posts/{dropped}/restore")
    assert desk.post("bin day").id == dropped

    post_id = desk.post("snow").id
    quietly(desk, "snow", "hold")
    assert post_id in {post.post for post in desk.edition.left_out}
    desk.do(f"{BENCH}/posts/{post_id}/restore")
    assert desk.post("snow").id == post_id


def test_edit_and_restore_a_title(desk: ServedDesk) -> None:
    post = desk.post("bin day")
    quietly(desk, "bin day", "title", title="  Bins,   <b>tested</b> ")
    assert desk.post("Bins").title == "Bins, <b>tested</b>"
    assert "<b>tested" not in desk.page().partition("srcdoc")[0]
    desk.do(f"{BENCH}/posts/{post.id}/title", title="")
    assert desk.post("bin day").title == post.title
    assert about(desk, "bin day", "title", title="x" * 400).status_code == 409


def test_one_more_sentence_replaces_the_nearest(desk: ServedDesk) -> None:
    post = next(each for each in desk.edition.posts if each.summary_method == "learnt")
    page = desk.page(f"{BENCH}?post={post.id}")
    *before, added = re.findall(r'name="sentence" value="(\d+-\d+)"', page)[:4]
    path = f"{BENCH}/posts/{post.id}/sentences"
    desk.fill(path, sentence=before, open=post.id)
    answer = desk.fill(path, sentence=[*before, added], open=post.id)
    assert "was replaced" in answer.text
    assert f'value="{added}" checked' in answer.text, "the article stays open"
    after = next(each for each in desk.edition.posts if each.id == post.id)
    assert ["-".join(map(str, span)) for span in after.offsets] == [*before[:2], added]
    assert after.summary_method == "editor"

    assert desk.fill(path).status_code == 409, "no sentence at all"
    assert desk.fill(path, sentence=["0-1"]).status_code == 409, "not a sentence of the article"
    desk.do(f"{BENCH}/posts/{post.id}/summarise")
    again = next(each for each in desk.edition.posts if each.id == post.id)
    assert (again.offsets, again.summary_method) == (post.offsets, post.summary_method)


def test_rejects_unknown_posts_verbs_and_weeks(desk: ServedDesk) -> None:
    assert desk.fill(f"{BENCH}/posts/0123456789abcdef/pin").status_code == 409
    assert about(desk, "bin day", "explode").status_code == 409
    assert desk.fill("/editions/2030-W01/posts/0123456789abcdef/pin").status_code == 404


# --- Words ------------------------------------------------------------------------------------------------------------


def test_introduction_and_subject(desk: ServedDesk) -> None:
    desk.do(f"{BENCH}/introduction", introduction="Hello, **all**.\r\n\r\nTwo.", seen=mark(desk, "introduction"))
    desk.do(f"{BENCH}/subject", subject="  Bins   and snow ", seen=mark(desk, "subject"))
    view = desk.view
    assert view.edition.introduction == "Hello, **all**.\n\nTwo."
    assert view.rendered.subject == "Bins and snow"
    assert "<strong>all</strong>" in view.rendered.html
    desk.do(f"{BENCH}/subject", subject="", seen=mark(desk, "subject"))
    assert desk.view.rendered.subject != "Bins and snow"
    forged = desk.fill(f"{BENCH}/subject", subject="x", seen="0123456789abcdef")
    assert forged.status_code == 409
    assert "changed the subject while you were at it" in forged.text


def test_editors_do_not_overwrite_each_other(desk: ServedDesk) -> None:
    version = mark(desk, "introduction")
    editor_changes.write_introduction(desk.context, WEEK, "Theirs.", by="Other")
    answer = desk.fill(f"{BENCH}/introduction", introduction="Mine.", seen=version)
    assert answer.status_code == 409
    assert "Other changed the introduction while you were at it" in answer.text
    assert '<blockquote dir="auto">Theirs.</blockquote>' in answer.text
    assert re.search(r">\s*Mine\.</textarea>", answer.text), "the text is not lost"
    assert desk.edition.introduction == "Theirs."
    desk.do(f"{BENCH}/overrule", what="introduction")
    assert desk.edition.introduction == "Mine."


# --- Approving and sending --------------------------------------------------------------------------------------------


def test_approves_only_what_the_page_showed(desk: ServedDesk) -> None:
    before = desk.view
    quietly(desk, "bin day", "pin")
    stale = desk.fill(f"{BENCH}/approve", revision=before.row.revision, fingerprint=before.fingerprint, seen="yes")
    assert stale.status_code == 409
    assert f"is at revision {before.row.revision + 1}, not {before.row.revision}" in stale.text
    forged = desk.fill(f"{BENCH}/approve", revision=before.row.revision + 1, fingerprint=before.fingerprint, seen="yes")
    assert forged.status_code == 409
    assert "has changed since you looked at it" in forged.text
    unseen = desk.fill(f"{BENCH}/approve", revision=desk.view.row.revision, fingerprint=desk.view.fingerprint)
    assert unseen.status_code == 409, "there are warnings, and they were not ticked"
    for revision in ("x", "", "٣", "9" * 5_000):
        assert desk.fill(f"{BENCH}/approve", revision=revision).status_code == 409
    assert desk.view.status is EditionStatus.DRAFT


def test_from_approval_to_the_mailbox(desk: ServedDesk) -> None:
    assert desk.fill(f"{BENCH}/send").status_code == 409, "not approved yet"
    approved = approve(desk).text
    assert "Approved for 3 subscribers." in approved
    # The sample web is down by now: a warning, which does not stop the approval.
    assert re.search(r"None of the \d+ links could be reached", approved)
    assert re.search(r"(?i)links checked(?:<[^>]*>)?: 0 of \d+ answer", desk.page(f"{BENCH}/history"))
    assert desk.view.approval is not None
    assert desk.view.approval.by == "Edith"
    assert "Sending has started" in desk.fill(f"{BENCH}/send").text
    wait_until_sent(desk)
    assert desk.view.status is EditionStatus.SENT
    assert "<strong>3</strong> sent" in desk.page()
    assert sorted(mail.recipients[0] for mail in desk.mailbox.messages()) == sorted(SUBSCRIBERS)

    deliveries = desk.page(f"{BENCH}/deliveries")
    assert all(subscriber in deliveries for subscriber in SUBSCRIBERS)
    assert "250 2.0.0 Ok: kept as" in deliveries
    assert "No deliveries in this state" in desk.page(f"{BENCH}/deliveries?state=failed")
    assert desk.page(f"{BENCH}/deliveries?state=nonsense").count("accepted by the mail server") == len(SUBSCRIBERS)
    assert "There was nothing to try again" in desk.fill(f"{BENCH}/retry").text

    mailbox = desk.page("/mailbox")
    assert all(subscriber in mailbox for subscriber in SUBSCRIBERS)
    mail = desk.mailbox.messages()[0]
    assert desk.client.get(f"/mailbox/{mail.id}/email.eml").content == desk.mailbox.read(mail.id)
    message = desk.page(f"/mailbox/{mail.id}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in message
    assert "sandbox" in desk.client.get(f"/mailbox/{mail.id}/email.html").headers["content-security-policy"]
    assert "Message-ID" in desk.page(f"/mailbox/{mail.id}?view=headers")
    assert "The Test Digest" in desk.page(f"/mailbox/{mail.id}?view=text")
    assert desk.client.get(f"/mailbox/{mail.id}/email.txt").status_code == 200

    rejected = about(desk, "bin day", "pin")
    assert rejected.status_code == 409
    assert "cannot be changed any more" in rejected.text
    article = desk.page(f"{BENCH}?post={desk.post('bin day').id}")
    assert 'name="sentence"' in article, "it can still be read"
    assert "Use ticked sentences" not in article


def test_a_change_voids_the_approval(desk: ServedDesk) -> None:
    approve(desk)
    quietly(desk, "bin day", "pin")
    page = desk.page()
    assert "The last approval is void" in page
    assert desk.fill(f"{BENCH}/send").status_code == 409
    assert not desk.mailbox.messages()


def test_a_test_goes_to_one_address_and_is_no_delivery(desk: ServedDesk) -> None:
    answer = desk.fill(f"{BENCH}/test", to="editor@example.org")
    assert "Test sent to editor@example.org" in answer.text
    assert [mail.recipients for mail in desk.mailbox.messages()] == [("editor@example.org",)]
    assert desk.view.counts.candidates == 0
    rejected = desk.fill(f"{BENCH}/test", address="nobody", test_note="Look at the lead")
    assert rejected.status_code == 409
    assert ">\nnobody</textarea>" in rejected.text
    assert ">\nLook at the lead</textarea>" in rejected.text


def test_the_desk_says_who_already_has_another_revision(composed_week: Path, tmp_path: Path) -> None:
    with serve_desk(composed_week, tmp_path) as desk:
        approve(desk)
        first = desk.view.row.revision
        send(desk.context, WEEK, limit=1)
        desk.do(f"{BENCH}/hold")
        assert "already ha" not in desk.page(), "it is still the same text"
        desk.do(f"{BENCH}/subject", subject="Corrected", seen=mark(desk, "subject"))
        already = f"1 subscriber already has revision {first}."
        assert f"{already} The others get this one." in desk.page()
        assert f"Approved for 2 subscribers. {already}" in approve(desk).text
        send(desk.context, WEEK)
        shares = f"1 subscriber has revision {first}; {len(SUBSCRIBERS) - 1} subscribers have revision {first + 1}."
        assert shares in desk.page()
        listed = desk.page(f"{BENCH}/deliveries")
        assert shares in listed
        assert listed.count(f"· revision {first + 1}") == len(SUBSCRIBERS) - 1


def test_schedule_hold_and_skip(desk: ServedDesk) -> None:
    assert "if approved by then" in desk.fill(f"{BENCH}/schedule", at="2026-03-30T09:00").text
    send_at = desk.view.row.send_at
    assert send_at is not None
    assert send_at.isoformat() == "2026-03-30T08:00:00+00:00", "it is in the newsletter's time zone"
    assert 'value="2026-03-30T09:00"' in desk.page()
    assert "Approve; goes out Mon 09:00" in desk.page()
    for at, why in (("soon", "is not a date"), ("2026-03-01T09:00", "has passed"), ("2026-03-29T01:30", "no 01:30")):
        refused = desk.fill(f"{BENCH}/schedule", at=at)
        assert refused.status_code == 409
        assert why in refused.text
    desk.do(f"{BENCH}/schedule", at="")
    assert desk.view.row.send_at is None
    desk.do(f"{BENCH}/hold")
    assert desk.view.status is EditionStatus.HELD
    assert desk.fill(f"{BENCH}/skip", skip_reason=" ").status_code == 409, "why?"
    desk.do(f"{BENCH}/skip", skip_reason="a <b>holiday</b>")
    assert desk.view.status is EditionStatus.SKIPPED
    assert "There is no edition this week" in desk.page()
    assert "a &lt;b&gt;holiday&lt;/b&gt;" in desk.page()
    desk.do(f"{BENCH}/resume")
    assert desk.view.status is EditionStatus.DRAFT


def test_the_page_shows_that_sending_failed(composed_week: Path, tmp_path: Path) -> None:
    def unreachable(_context: object, _week: object) -> None:
        raise OSError("no such host")

    with serve_desk(composed_week, tmp_path, send=unreachable) as desk:
        approve(desk)
        desk.fill(f"{BENCH}/send")
        wait_until_sent(desk)
        assert "Something unexpected happened" in desk.page()
        assert "no such host" not in desk.page()


def test_closing_the_desk_leaves_the_rest_queued(composed_week: Path, tmp_path: Path) -> None:
    with serve_desk(composed_week, tmp_path, smtp={"rate_per_second": 0.02}) as desk:
        approve(desk)
        desk.fill(f"{BENCH}/send")
        while not desk.mailbox.count():
            time.sleep(0.02)
        began = time.monotonic()
    assert time.monotonic() - began < 45, "before the next one was due"
    assert desk.mailbox.count() == 1


def test_history_shows_link_checks_of_earlier_versions(desk: ServedDesk) -> None:
    with desk.context.store.writing() as connection:
        for name, text in (("said", "3 of 4 answer"), ("summary", "2 of 4 answer")):
            audit.record(
                connection, AuditEvent.LINKS_CHECKED, at=desk.context.clock(), by="ada", week=WEEK, detail={name: text}
            )
    page = desk.page(f"{BENCH}/history")
    assert "Links checked: 3 of 4 answer" in page.replace("</span>", "")
    assert "Links checked: 2 of 4 answer" in page.replace("</span>", "")
