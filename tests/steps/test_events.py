"""What steps emit, and that a notifier that fails costs them nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import DigestError, MailServerError
from digest.events import (
    DraftReady,
    EditionMissing,
    Event,
    SendingFinished,
    SendingStarted,
    SendingStopped,
    SourceFailing,
)
from digest.model import EditionStatus, Mailing
from digest.steps.collecting.collect import collect
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.run import run
from digest.steps.sending.send import send
from digest.steps.subscribers.operator_actions import add
from digest.store import editions
from digest.store.engine import Store
from digest.week import Week
from tests.steps.newsletter_setup import WEEK, set_up

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def test_a_week_emits_its_events(tmp_path: Path, store: Store) -> None:
    events: list[Event] = []

    def notify(_context: Context, event: Event) -> None:
        events.append(event)

    def fail(_context: Context, _event: Event) -> None:
        raise DigestError("The notifier cannot be reached.")

    with store.writing() as connection:
        editions.ensure(connection, Week(2026, 8))
        editions.move(connection, Week(2026, 8), [EditionStatus.DRAFT], EditionStatus.SENT)
    tables = {"smtp": {"port": 1}}
    with set_up(tmp_path, store, sources=("Working at Estuary",), tables=tables) as newsletter:
        context = replace(newsletter.context, notifiers=(fail, notify))
        add(context, "ada@example.org")
        composed = run(context, WEEK).compose_report
        assert events == [DraftReady(composed.edition), EditionMissing(Week(2026, 9))]
        assert any("The notifier cannot be reached." in line for line in newsletter.log_lines)
        events.clear()
        approve(context, WEEK, by="editor")
        with pytest.raises(MailServerError):
            send(context, WEEK)
        started, stopped = events
        assert started == SendingStarted(WEEK, 1)
        assert isinstance(stopped, SendingStopped)
        assert (stopped.mailing, stopped.counts.queued) == (Mailing(WEEK), 1)
    with set_up(tmp_path, store, sources=("Working at Estuary",)) as newsletter:
        events.clear()
        send(replace(newsletter.context, notifiers=(notify,)), WEEK)
        (finished,) = events
        assert isinstance(finished, SendingFinished)
        assert (finished.week, finished.counts.sent) == (WEEK, 1)


def test_a_source_is_failing_once_after_three_failures_in_a_row(tmp_path: Path, store: Store) -> None:
    events: list[Event] = []

    def notify(_context: Context, event: Event) -> None:
        events.append(event)

    with set_up(tmp_path, store, sources=("Tidewater Transport Data",)) as newsletter:
        context = replace(newsletter.context, notifiers=(notify,))
        for number in range(1, 6):
            collect(context, week=WEEK, force=True)
            assert len(events) == (number >= 3)
    (event,) = events
    assert isinstance(event, SourceFailing)
    assert (event.source, event.failures, event.last_good) == ("Tidewater Transport Data", 3, None)
