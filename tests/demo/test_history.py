"""The demo's history, made by the real steps: an edition sent, answers to it, and a week that has begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.clock import system_clock
from digest.demo.history import BOUNCES, COMPLAINS, LEAVES
from digest.demo.past_edits import APPROVER, COLLEAGUE, SUBJECT
from digest.demo.run import Demo, sample_newsletter
from digest.model import AuditEvent, EditionStatus, Outcome
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.desk_data import trail
from digest.steps.editing.edition_view import EditionView, load
from digest.steps.learned import lessons
from digest.steps.run import Timings
from digest.steps.subscribers.operator_actions import history
from digest.web.caught_mail import CaughtMailbox


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with sample_newsletter(tmp_path_factory.mktemp("demo"), Timings()) as started:
        yield started


@pytest.fixture(scope="module")
def last_week(demo: Demo) -> EditionView:
    return load(demo.context, demo.week.shift(-1))


@pytest.mark.thorough
def test_last_weeks_edition_was_changed_by_two_editors_and_sent(demo: Demo, last_week: EditionView) -> None:
    assert last_week.status is EditionStatus.SENT
    assert last_week.rendered.subject == SUBJECT
    assert last_week.approval is not None
    assert last_week.approval.by == APPROVER
    rows = trail(demo.context, last_week.row.week)
    assert {COLLEAGUE, APPROVER} <= {row.by for row in rows}
    assert {AuditEvent.APPROVED.value, AuditEvent.SENDING_STARTED.value} <= {row.what for row in rows}
    assert all(row.at < system_clock() for row in rows)
    assert {row.at.date() for row in rows if row.by == APPROVER} == {demo.week.monday()}
    assert len(last_week.edition.left_out) == 2, "one dropped, one held"


def test_every_subscriber_of_then_got_it_and_three_answered(demo: Demo, last_week: EditionView) -> None:
    counts = last_week.counts
    assert counts.sent == counts.candidates == 19
    arrived = [mail for mail in CaughtMailbox(demo.mailbox).messages() if mail.subject == SUBJECT]
    assert len(arrived) == counts.sent
    assert {mail.at.astimezone(demo.context.settings.newsletter.zone).date() for mail in arrived} == {
        demo.week.monday()
    }
    ends = {email: history(demo.context, email)[-1].what for email in (BOUNCES, COMPLAINS, LEAVES)}
    assert ends == {BOUNCES: "suppressed", COMPLAINS: "suppressed", LEAVES: "unsubscribed"}


def test_two_moves_taught_something(demo: Demo) -> None:
    assert {(lesson.title, lesson.theme) for lesson in lessons(demo.context)} == {
        ("Does a comment on a planning application change anything?", "digital-government"),
        ("How to say sorry on a web page", "comms"),
    }


def test_this_week_has_something_of_each_kind(demo: Demo) -> None:
    reports = {report.name: report for report in collect(demo.context, week=demo.week).sources}
    assert [name for name, report in reports.items() if report.outcome is Outcome.ERROR] == ["Tidewater Transport Data"]
    compose(demo.context, demo.week)
    edition = load(demo.context, demo.week).edition
    assert {post.title for post in edition.posts if post.late} == {
        "The 61 footpaths that end at a parish boundary",
        "We publish the notes of our campaign meetings",
    }, "one that its blog dated back, one that an editor held"
    assert [left.reason for left in edition.left_out] == [
        "the same as “Why we switched off our chatbot” of Inside the Permits Agency"
    ]
    assert any(not post.sure for post in edition.posts)
    assert demo.context.clock() <= system_clock()
