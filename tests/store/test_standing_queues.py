"""Which mailings wait while none of their deliveries moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from digest.model import DeliveryState, Mailing
from digest.store import corrections, deliveries, editions, subscribers
from digest.store.corrections import CorrectionRow
from digest.store.engine import Store
from digest.store.schema import deliveries as rows
from digest.store.standing_queues import StandingQueue, standing_queues
from digest.store.subscribers import NewSubscriber
from digest.week import Week

WEEK, EMPTY = Week(2019, 12), Week(2019, 11)
HOUR = timedelta(hours=1)
Queues = Callable[[datetime], list[StandingQueue]]


@pytest.fixture
def queues(store: Store, now: datetime) -> Queues:
    """Two subscribers of WEEK queued at `now`; what stands still since a moment."""
    new = [NewSubscriber(f"{name}@example.org", f"{name}@example.org", name) for name in ("ada", "bo")]
    with store.writing() as connection:
        subscribers.add_many(connection, new, now=now)
        editions.ensure(connection, WEEK)
        deliveries.queue(connection, Mailing(WEEK), now=now)

    def standing(before: datetime) -> list[StandingQueue]:
        with store.reading() as connection:
            return list(standing_queues(connection, [WEEK, EMPTY], before=before, corrections_since=now - HOUR))

    return standing


def settle(store: Store, state: DeliveryState, now: datetime, not_before: datetime | None = None) -> None:
    with store.writing() as connection:
        connection.execute(update(rows).values(state=state.value, updated_at=now, not_before=not_before))


def test_a_queue_stands_once_none_of_its_deliveries_has_moved_for_long(queues: Queues, now: datetime) -> None:
    assert queues(now - timedelta(seconds=1)) == []
    assert queues(now) == [StandingQueue(Mailing(WEEK), 2, now)]


def test_what_has_arrived_does_not_wait(store: Store, queues: Queues, now: datetime) -> None:
    settle(store, DeliveryState.SENT, now)
    assert queues(now + HOUR) == []


def test_what_the_server_has_deferred_waits_from_its_time_on(store: Store, queues: Queues, now: datetime) -> None:
    settle(store, DeliveryState.DEFERRED, now, not_before=now + HOUR)
    assert queues(now + HOUR - timedelta(minutes=1)) == []
    assert [queue.waiting for queue in queues(now + HOUR)] == [2]


def test_a_correction_can_stand_still_as_well(store: Store, queues: Queues, now: datetime) -> None:
    settle(store, DeliveryState.SENT, now)
    with store.writing() as connection:
        corrections.add(connection, CorrectionRow(WEEK, 1, "Sorry.", "", "editor", now))
        deliveries.queue_correction(connection, Mailing(WEEK), Mailing(WEEK, 1), now=now)
    assert [queue.mailing for queue in queues(now)] == [Mailing(WEEK, 1)]
