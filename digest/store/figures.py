"""Figures for monitoring: few statements, each answered by an index or a small table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from digest.model import DeliveryState, EditionStatus, Mailing
from digest.store.deliveries import last_change
from digest.store.schema import deliveries, editions, posts, sending_runs
from digest.week import Week

_MAILINGS = 4  # the newest ones: older deliveries change no more, and counting them all would take long
_DUE = (DeliveryState.QUEUED, DeliveryState.SENDING)
_WAITING = (*_DUE, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Queue:
    """Deliveries that wait to be sent or tried again."""

    since: datetime | None = None  # the oldest of them was first tried, or queued, then; None: none waits
    idle_since: datetime | None = None  # no delivery changed since then; None: none is due


def post_count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(posts)).scalar_one())


def editions_by_status(connection: Connection) -> dict[EditionStatus, int]:
    rows = connection.execute(select(editions.c.status, func.count()).group_by(editions.c.status)).all()
    numbers = {EditionStatus(status): int(number) for status, number in rows}
    return {status: numbers.get(status, 0) for status in EditionStatus}


def last_composed_and_sent(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """Return when an edition was last composed, and when the last one was sent to all."""
    query = select(func.max(editions.c.composed_at), func.max(editions.c.sent_at))
    composed, sent = connection.execute(query).one()
    return composed, sent


def deliveries_by_state(connection: Connection) -> tuple[dict[DeliveryState, int], Queue]:
    """Count the deliveries of the four newest mailings by state, and look at those that wait."""
    newest = select(sending_runs.c.mailing).order_by(sending_runs.c.mailing.desc()).limit(_MAILINGS)
    mailings = list(connection.execute(newest).scalars())
    week, state = deliveries.c.week, deliveries.c.state
    counted = select(week, state, func.count()).where(week.in_(mailings)).group_by(week, state)
    rows = [(mailing, DeliveryState(value), int(number)) for mailing, value, number in connection.execute(counted)]
    counts = {each: sum(number for _, value, number in rows if value is each) for each in DeliveryState}
    waiting = {mailing for mailing, value, _ in rows if value in _WAITING}
    stopped = _stopped_by_editors(connection)
    due = {
        mailing for mailing, value, _ in rows if value in _DUE and (mailing.correction or mailing.week not in stopped)
    }
    return counts, Queue(_oldest(connection, waiting), _last_change(connection, due))


def _stopped_by_editors(connection: Connection) -> set[Week]:
    """Return the editions that wait for a person: their queue stands still for good reason."""
    stopped = or_(editions.c.status == EditionStatus.HELD.value, editions.c.paused_at.is_not(None))
    return set(connection.execute(select(editions.c.week).where(stopped)).scalars())


def _oldest(connection: Connection, mailings: Collection[Mailing]) -> datetime | None:
    if not mailings:
        return None
    first = func.min(func.coalesce(deliveries.c.first_at, deliveries.c.updated_at))
    waiting = deliveries.c.state.in_([state.value for state in _WAITING])
    moment: datetime | None = connection.execute(
        select(first).where(deliveries.c.week.in_(mailings), waiting)
    ).scalar_one()
    return moment


def _last_change(connection: Connection, mailings: Collection[Mailing]) -> datetime | None:
    moments = [moment for mailing in mailings if (moment := last_change(connection, mailing))]
    return max(moments, default=None)
