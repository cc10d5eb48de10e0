"""Mailings whose deliveries wait while none moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, or_, select

from digest.model import DeliveryState, Mailing
from digest.store import approvals, editions
from digest.store.schema import corrections, deliveries
from digest.week import Week


@dataclass(frozen=True, slots=True)
class StandingQueue:
    """A mailing that does not go on."""

    mailing: Mailing
    waiting: int  # deliveries that could go out, or that a sender has claimed
    since: datetime  # when a delivery was settled or deferred last, else when the mailing began


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
    # A try that reached no server is no move: it queues again what it had claimed.
    settled = deliveries.c.state.not_in([DeliveryState.QUEUED.value, DeliveryState.SENDING.value])
    numbers = (
        func.sum(case((ready, 1), else_=0)),
        func.max(case((settled, deliveries.c.updated_at))),
        func.max(deliveries.c.updated_at),
    )
    for mailing in sorted(mailings, key=str):
        waiting, moved, touched = connection.execute(select(*numbers).where(deliveries.c.week == mailing)).one()
        if not waiting:
            continue
        began = _began(connection, mailing) or touched
        since = max(moved or began, began)
        if since <= before:
            yield StandingQueue(mailing, int(waiting), since)


def _began(connection: Connection, mailing: Mailing) -> datetime | None:
    """Return when its sending began after the last approval, or the correction was written; None if not known."""
    if mailing.correction:
        place = (corrections.c.week == mailing.week, corrections.c.number == mailing.correction)
        moment: datetime | None = connection.execute(select(corrections.c.at).where(*place)).scalar()
        return moment
    approval, row = approvals.in_force(connection, mailing.week), editions.find(connection, mailing.week)
    moments = [approval.at if approval else None, row.started_at if row else None]
    return max((one for one in moments if one is not None), default=None)
