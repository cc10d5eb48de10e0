"""Which editions a store says are missing, waiting or unfinished."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from digest.edition.calendar import WeekState
from digest.model import AuditEvent, EditionStatus
from digest.steps.unfinished import edition_calendar, unfinished
from digest.store import audit, editions
from digest.store.engine import Store
from digest.week import Week
from tests.mail.editions import edition
from tests.steps.newsletter_setup import NOW, WEEK, set_up

FIRST, STOPPED, FAR = WEEK.shift(-4), WEEK.shift(-2), Week(2030, 1)


def test_the_store_s_editions_and_the_gaps_between_them(tmp_path: Path, store: Store) -> None:
    with store.writing() as connection:
        for week in (FIRST, STOPPED, FAR):
            editions.save_revision(connection, replace(edition(2), week=week), by="x", at=NOW - timedelta(days=20))
        editions.move(connection, STOPPED, [EditionStatus.DRAFT], EditionStatus.HELD)
        editions.ensure(connection, WEEK.shift(-1))  # somebody has decided about a post of it; there is no edition yet
        stopped = NOW - timedelta(days=3)
        audit.record(connection, AuditEvent.HELD, at=stopped, by="x", week=STOPPED)
    with set_up(tmp_path, store, sources=("Working at Estuary",)) as newsletter:
        rows = edition_calendar(newsletter.context)
        assert [each.state for each in rows] == [
            WeekState.DRAFT,
            WeekState.MISSING,
            WeekState.ON_HOLD,
            WeekState.MISSING,
            WeekState.MISSING,
            WeekState.EARLY,
        ]
        assert rows[2].since == stopped
        assert [each.week for each in unfinished(newsletter.context)] == [each.week for each in rows[:-1]]
        at_night = replace(newsletter.context, clock=lambda: NOW - timedelta(hours=1))
        assert edition_calendar(at_night)[-2].state is WeekState.EXPECTED
