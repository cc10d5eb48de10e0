"""An edition's life through the steps, on both databases: composed, edited, approved, changed, approved, sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.edition.editing.change import Change, Verb
from digest.errors import ApprovalError, UsageError
from digest.model import DeliveryCounts, EditionStatus, Severity
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve, approve_automatically, hold, skip
from digest.steps.editing.changes import change
from digest.steps.editing.desk_data import trail
from digest.steps.editing.edition_view import exact, list_editions, load, with_links
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.run import run
from digest.steps.sending.send import send
from digest.steps.sending.verify_approval import approved_edition
from digest.steps.status import status
from digest.steps.subscribers.operator_actions import add
from digest.store.engine import Store
from digest.week import Week
from tests.steps import editor_changes
from tests.steps.newsletter_setup import NOW, WEEK, Newsletter, set_up
from tests.steps.ready_weeks import ReadyWeeks

THREE = ("Working at Estuary", "Harbour Region Comms", "Parish Data Project")


@pytest.fixture
def newsletter(tmp_path: Path, store: Store) -> Iterator[Newsletter]:
    with set_up(tmp_path, store, sources=THREE) as setup:
        yield setup


def subscribe(context: Context) -> None:
    add(context, "ada@example.org")


@pytest.fixture
def approved(tmp_path: Path, store_url: str, weeks: ReadyWeeks) -> Iterator[Newsletter]:
    """A newsletter with an approved edition and one subscriber."""
    with weeks.ready(tmp_path, store_url, sources=THREE, subscribe=subscribe) as ready:
        yield ready


def test_an_edition_from_draft_to_sent(newsletter: Newsletter, parsers: ParsePool) -> None:
    context = newsletter.context
    for subscriber in ("ada@example.org", "bo@example.net"):
        add(context, subscriber)
    collect(context, week=WEEK, parsers=parsers)
    first = compose(context, WEEK)
    assert (first.status, first.changed, first.edition.revision) == (EditionStatus.DRAFT, True, 1)
    assert len(first.edition.posts) >= 6
    assert not compose(context, WEEK).changed, "composing again makes no new revision"

    # Not approved: nothing can be sent.
    with pytest.raises(ApprovalError):
        send(context, WEEK)

    # Approval is for the revision that the editor saw.
    view = load(context, WEEK)
    with pytest.raises(ApprovalError, match="revision 1, not 7"):
        approve(context, WEEK, by="editor", revision=7)
    with pytest.raises(ApprovalError, match="changed since you looked"):
        approve(context, WEEK, by="editor", fingerprint="0" * 64)
    approve(context, WEEK, by="editor", revision=1, fingerprint=view.fingerprint)
    despite = [line for line in newsletter.log_lines if "Approved despite a warning" in line]
    assert any("no postal address" in line for line in despite), "what was approved in spite of is said"
    assert load(context, WEEK).approval is not None
    assert weeks_to_send(context) == [WEEK]

    # Composing does not change an approved edition; an edit voids the approval.
    assert compose(context, WEEK).status is EditionStatus.APPROVED
    post = first.edition.posts[0]
    edited = change(context, WEEK, Change(Verb.TITLE, post.id, "Mine now"), by="editor")
    assert (load(context, WEEK).status, edited.revision) == (EditionStatus.DRAFT, 2)
    assert load(context, WEEK).approval is None
    assert "changed" in load(context, WEEK).voided
    assert b"Mine now" in exact(context, WEEK, "html")
    editor_changes.write_introduction(context, WEEK, "Good *morning*", by="editor")
    editor_changes.write_subject(context, WEEK, "  A subject\nof ours ", by="editor")
    assert load(context, WEEK).rendered.subject == "A subject of ours"
    composed_again = compose(context, WEEK)
    assert composed_again.edition.introduction == "Good *morning*", "the editor's words survive composing"
    assert any(other.title == "Mine now" for other in composed_again.edition.posts)

    # A dropped post is listed as left out and can be restored.
    change(context, WEEK, Change(Verb.DROP, post.id, "off topic"), by="editor")
    dropped = load(context, WEEK).edition
    assert post.id not in {other.id for other in dropped.posts}
    reasons = {omitted.post: omitted.reason for omitted in dropped.left_out}
    assert "off topic" in reasons[post.id]
    change(context, WEEK, Change(Verb.RESTORE, post.id), by="editor")
    assert post.id in {other.id for other in load(context, WEEK).edition.posts}

    approve(context, WEEK, by="editor")
    report = send(context, WEEK)
    assert (report.sent, report.queued) == (2, 0)
    assert status(context, WEEK).status is EditionStatus.SENT
    again = send(context, WEEK)
    assert again.sent == 2
    assert newsletter.mailbox.count() == 2, "a second send sends nothing"
    with pytest.raises(UsageError, match="cannot be changed any more"):
        editor_changes.write_subject(context, WEEK, "Too late", by="editor")
    with pytest.raises(UsageError):
        skip(context, WEEK, by="editor")
    folder = context.settings.templates_folder
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("Another subject {{ nonsense }}")
    assert load(context, WEEK).rendered.subject == "A subject of ours", "what was sent is shown for ever"
    assert b"Mine now" in exact(context, WEEK, "html")
    assert b"A subject of ours" in exact(context, WEEK, "eml")
    done = [row.what for row in reversed(trail(context, WEEK))]
    assert done[:4] == ["composed", "links checked", "approved", "title edited"]
    assert done.count("links checked") == 1, "what is known of the links is used again for the second approval"
    assert [(entry.row.week, entry.counts) for entry in list_editions(context)] == [(WEEK, DeliveryCounts(sent=2))]


def test_a_changed_template_voids_the_approval(approved: Newsletter, tmp_path: Path) -> None:
    context = approved.context
    folder = tmp_path / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("Another subject")
    assert load(context, WEEK).approval is None
    with pytest.raises(ApprovalError, match="not what was approved"):
        approved_edition(context, WEEK)
    assert status(context, WEEK).status is EditionStatus.DRAFT
    assert "voided" in status(context, WEEK).next
    assert approved.mailbox.count() == 0


def test_held_and_skipped_editions_are_not_sent(approved: Newsletter) -> None:
    context = approved.context
    hold(context, WEEK, by="editor")
    with pytest.raises(ApprovalError):
        send(context, WEEK)
    assert compose(context, WEEK).status is EditionStatus.HELD
    skip(context, WEEK, by="editor")
    assert status(context, WEEK).status is EditionStatus.SKIPPED
    assert not compose(context, WEEK).changed
    assert weeks_to_send(context) == []


def test_automatic_approval_sends_unless_the_week_has_few_posts(tmp_path: Path, store: Store) -> None:
    thin = {"approval": {"mode": "automatic", "minimum_posts": 500}}
    with set_up(tmp_path, store, sources=THREE[:1], tables=thin) as newsletter:
        add(newsletter.context, "ada@example.org")
        report = run(newsletter.context, WEEK)
        assert report.status is EditionStatus.DRAFT
        assert report.send_report is None
        assert any("minimum_posts" in line for line in newsletter.log_lines)
        assert not approve_automatically(newsletter.context, WEEK)
    with set_up(tmp_path, store, sources=THREE[:1], tables={"approval": {"mode": "automatic"}}) as newsletter:
        report = run(newsletter.context, WEEK)
        assert report.status is EditionStatus.SENT
        assert newsletter.mailbox.count() == 1


def test_a_withdrawn_post_is_flagged_at_approval_and_held_if_set_so(tmp_path: Path, store: Store) -> None:
    with set_up(tmp_path, store, sources=THREE[:1], tables={"edition": {"hold_withdrawn": True}}) as newsletter:
        add(newsletter.context, "ada@example.org")
        run(newsletter.context, WEEK)
        post = load(newsletter.context, WEEK).edition.posts[0]
        newsletter.web.withdraw(urlsplit(post.url).path.lstrip("/"))
        assert not [finding for finding in load(newsletter.context, WEEK).findings if post.title in finding.message]
        (visited,) = [
            finding
            for finding in with_links(newsletter.context, load(newsletter.context, WEEK)).findings
            if post.title in finding.message
        ]
        assert (visited.severity, visited.check) == (Severity.ERROR, "links")
        assert "gone for good (410)" in visited.message
        with pytest.raises(ApprovalError, match=re.escape(post.title)):
            approve(newsletter.context, WEEK, by="editor")
        change(newsletter.context, WEEK, Change(Verb.DROP, post.id, "gone"), by="editor")
        approve(newsletter.context, WEEK, by="editor")

        # The post is withdrawn hours after approval, before sending.
        other = load(newsletter.context, WEEK).edition.posts[0]
        newsletter.web.withdraw(urlsplit(other.url).path.lstrip("/"))
        later = replace(newsletter.context, clock=lambda: NOW + timedelta(hours=3))
        with pytest.raises(ApprovalError, match="no longer online"):
            send(later, WEEK)
        assert status(later, WEEK).status is EditionStatus.HELD
        assert newsletter.mailbox.count() == 0


def test_an_overdue_edition_is_not_sent_automatically(approved: Newsletter) -> None:
    context = approved.context
    restored = replace(context, clock=lambda: NOW + timedelta(days=30))
    assert weeks_to_send(restored) == []
    with pytest.raises(ApprovalError, match="hours ago"):
        send(restored, WEEK, manual=False)
    assert approved.mailbox.count() == 0
    assert send(restored, WEEK).sent == 1


def test_an_edition_for_nobody_is_not_sent(newsletter: Newsletter) -> None:
    run(newsletter.context, WEEK)
    approve(newsletter.context, WEEK, by="editor")
    with pytest.raises(UsageError, match="no active subscribers"):
        send(newsletter.context, WEEK)
    assert status(newsletter.context, WEEK).status is EditionStatus.APPROVED


def test_holding_an_edition_stops_it_while_it_is_being_sent(tmp_path: Path, store: Store) -> None:
    slow = {"smtp": {"rate_per_second": 4.0, "connections": 1}}
    with set_up(tmp_path, store, sources=THREE[:1], tables=slow) as newsletter:
        for number in range(60):
            add(newsletter.context, f"reader{number}@example.org")
        run(newsletter.context, WEEK)
        approve(newsletter.context, WEEK, by="editor")
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send, newsletter.context, WEEK)
            while newsletter.mailbox.count() < 2 and not sending.done():
                wait([sending], timeout=0.05)
            hold(newsletter.context, WEEK, by="editor")
            report = sending.result(30)
        assert 2 <= report.sent < 60
        assert report.sent + report.queued == 60
        assert status(newsletter.context, WEEK).status is EditionStatus.HELD
        assert newsletter.mailbox.count() == report.sent


def test_a_week_without_an_edition_is_skipped_once_it_has_closed_and_never_held(newsletter: Newsletter) -> None:
    with pytest.raises(UsageError, match="There is no edition 2025-W10"):
        hold(newsletter.context, Week(2025, 10), by="editor")
    with pytest.raises(UsageError, match="2031-W10 has not closed yet"):
        skip(newsletter.context, Week(2031, 10), by="editor")
    assert list_editions(newsletter.context) == []
    skip(newsletter.context, Week(2025, 10), by="editor")
    skip(newsletter.context, Week(2031, 10), by="editor", early=True)
    assert [each.row.status for each in list_editions(newsletter.context)] == [EditionStatus.SKIPPED] * 2
