"""Mailings whose deliveries wait while none moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, or_, select

from digest.model import DeliveryState, Mailing
from digest.store.schema import corrections, deliveries
from digest.week import Week


@dataclass(frozen=True, slots=True)
class StandingQueue:
    """A mailing that does not go on."""

    mailing: Mailing
    waiting: int  # deliveries that could go out, or that a sender has claimed
    since: datetime  # the last move of any of its deliveries


def standing_queues(
    connection: Connection, weeks: Iterable[Week], *, before: datetime, corrections_since: datetime
) -> Iterator[StandingQueue]:
    """Yield which editions of `weeks`, and which corrections written since then, have not moved since `before`."""
    latest = select(corrections.c.week, corrections.c.number).where(corrections.c.at >= corrections_since)
    mailings = [Mailing(week) for week in weeks]
    mailings += [Mailing(row.week, row.number) for row in connection.execute(latest)]
    # A deferred delivery waits because the server asked for it, until its time comes.
    ready = or_(
        deliveries.c.state.in_([DeliveryState.QUEUED.value, DeliveryState.SENDING.value]),
        and_(deliveries.c.state == DeliveryState.DEFERRED.value, deliveries.c.not_before <= before),
    )
    numbers = (func.sum(case((ready, 1), else_=0)), func.max(deliveries.c.updated_at))
    for mailing in sorted(mailings, key=str):
        waiting, moved = connection.execute(select(*numbers).where(deliveries.c.week == mailing)).one()
        if waiting and moved <= before:
            yield StandingQueue(mailing, int(waiting), moved)
