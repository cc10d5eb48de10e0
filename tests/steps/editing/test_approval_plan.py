"""What an approval would do, and that it is refused if that has changed; taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.errors import ApprovalError
from digest.model import EditionStatus
from digest.settings import parse_settings
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approval_plan import plan, sending_seconds, too_few
from digest.steps.editing.approve import approve, hold, take_back
from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.sending.send import send
from digest.steps.subscribers.operator_actions import add, suppress
from digest.store.engine import Store
from tests.steps import editor_changes
from tests.steps.newsletter_setup import NOW, WEEK, set_up

CANCEL = timedelta(seconds=60)


@pytest.fixture
def context(tmp_path: Path, store: Store, parsers: ParsePool) -> Iterator[Context]:
    with set_up(tmp_path, store, sources=("Working at Estuary",)) as newsletter:
        for name in ("ada", "bo", "cy", "di"):
            add(newsletter.context, f"{name}@example.org", language="cy" if name == "cy" else "")
        suppress(newsletter.context, "di@example.org", by="test")
        collect(newsletter.context, week=WEEK, parsers=parsers)
        compose(newsletter.context, WEEK)
        yield newsletter.context


def test_who_gets_what_and_when(context: Context) -> None:
    now = plan(context, WEEK)
    assert (now.recipients.number, now.recipients.candidates, now.recipients.suppressed) == (3, 4, 1)
    assert now.languages == (("English", 2), ("Welsh", 1))
    assert sum(number for _, number in now.posts) == len(now.view.edition.posts)
    assert (now.begins, now.begun, now.few, now.redirect_to) == (None, False, "", "")
    editor_changes.schedule(context, WEEK, NOW + timedelta(hours=3), by="Ada")
    later = plan(context, WEEK)
    assert (later.begins, later.passed) == (NOW + timedelta(hours=3), None)
    assert later.mark != now.mark
    tomorrow = replace(context, clock=lambda: NOW + timedelta(days=1))
    assert (plan(tomorrow, WEEK).begins, plan(tomorrow, WEEK).passed) == (None, NOW + timedelta(hours=3))

    # An approval of another number is refused; one more or fewer than on the panel is another number.
    add(context, "ed@example.org")
    with pytest.raises(ApprovalError, match="4 subscribers would get the edition now, not 3"):
        approve(context, WEEK, by="Ada", subscribers=3)
    assert plan(context, WEEK).mark != later.mark


def test_an_approval_waits_so_that_it_can_be_taken_back(context: Context) -> None:
    approval = approve(context, WEEK, by="Ada", subscribers=3, cancel_seconds=60)
    assert load_edition(context, WEEK)[0].send_at == approval.at + CANCEL
    assert weeks_to_send(context) == []
    take_back(context, WEEK, by="Bo")
    row, _ = load_edition(context, WEEK)
    assert (row.status, row.send_at) == (EditionStatus.DRAFT, None)
    with pytest.raises(ApprovalError, match="Nothing is approved"):
        take_back(context, WEEK, by="Bo")

    approve(context, WEEK, by="Ada", cancel_seconds=60)
    after = replace(context, clock=lambda: NOW + CANCEL)
    assert weeks_to_send(after) == [WEEK]
    assert send(after, WEEK, limit=1).sent == 1
    with pytest.raises(ApprovalError, match="has begun"):
        take_back(after, WEEK, by="Bo")

    # What is left of it can be approved, and be taken back, too.
    hold(after, WEEK, by="Bo")
    rest = plan(after, WEEK)
    assert (rest.recipients.number, rest.begun) == (2, True)
    approve(after, WEEK, by="Bo", subscribers=2, cancel_seconds=60)
    take_back(after, WEEK, by="Bo")
    assert load_edition(after, WEEK)[0].status is EditionStatus.HELD


def test_a_time_of_the_editors_stays_when_the_approval_is_taken_back(context: Context) -> None:
    moment = NOW + timedelta(hours=3)
    editor_changes.schedule(context, WEEK, moment, by="Ada")
    approve(context, WEEK, by="Ada", cancel_seconds=60)
    assert load_edition(context, WEEK)[0].send_at == moment
    take_back(context, WEEK, by="Ada")
    assert load_edition(context, WEEK)[0].send_at == moment


def test_how_long_sending_takes(tmp_path: Path) -> None:
    head = '[newsletter]\ntitle="T"\nfrom="d@example.org"\n[smtp]\nconnections=4\n'
    free = parse_settings(head, path=tmp_path / "digest.toml")
    slow = parse_settings(head + "rate_per_second=2\n", path=tmp_path / "digest.toml")
    assert sending_seconds(free, 60, None) == 15
    assert sending_seconds(free, 60, 30.0) == 2
    assert sending_seconds(slow, 60, 30.0) == 30, "the settings' rate is the upper bound"


def test_too_few_posts() -> None:
    assert too_few(0, 0) == "This edition has no posts"
    assert too_few(1, 2) == "This edition has 1 post, fewer than the 2 of a usual one"
    assert too_few(2, 2) == ""
