"""What a restored store may not do by itself: the transitions that stop what its backup had under way.

The machine that the backup comes from may have gone on: sent what was queued, approved what was a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from digest.model import DeliveryState, EditionStatus, Mailing
from digest.store import editions
from digest.store.deliveries import OPEN
from digest.store.many_rows import update_many
from digest.store.schema import deliveries, leases, pending_notices
from digest.week import Week

IN_FLIGHT = (DeliveryState.SENDING,)
_NAME = update(deliveries).where(deliveries.c.id == bindparam("b_id")).values(message_id=bindparam("b_message_id"))


def mark_uncertain(
    connection: Connection,
    mailing: Mailing,
    *,
    now: datetime,
    message_id: Callable[[int], str],
    states: Collection[DeliveryState] = OPEN,
) -> int:
    """Mark open deliveries as `uncertain`: they may have been sent. Return how many.

    Those that were never claimed get their Message-ID now: by that a mail server's log settles them.
    """
    waiting = and_(deliveries.c.week == mailing, deliveries.c.state.in_([state.value for state in states]))
    unnamed = connection.execute(
        select(deliveries.c.id, deliveries.c.subscriber).where(waiting, deliveries.c.message_id == "")
    ).all()
    if unnamed:
        names = {"b_id": [row.id for row in unnamed], "b_message_id": [message_id(row.subscriber) for row in unnamed]}
        update_many(connection, _NAME, names)
    return connection.execute(
        update(deliveries)
        .where(waiting)
        .values(
            state=DeliveryState.UNCERTAIN.value,
            lease_until=None,
            not_before=None,
            reply_text="the store was restored from a backup; this may have been sent",
            updated_at=now,
        )
    ).rowcount


def unfinished(connection: Connection) -> list[Mailing]:
    """Return the mailings that have open deliveries, in order."""
    states = [state.value for state in OPEN]
    rows = connection.execute(select(deliveries.c.week).where(deliveries.c.state.in_(states)).distinct())
    return sorted(rows.scalars(), key=str)


def hold_going(connection: Connection, *, besides: Week | None = None) -> list[tuple[Week, EditionStatus]]:
    """Hold the editions that were approved or partly sent. Return which, and their status before."""
    going = [
        (row.week, row.status)
        for row in editions.list_all(connection)
        if row.status in (EditionStatus.APPROVED, EditionStatus.SENDING) and row.week != besides
    ]
    for week, status in going:
        editions.move(connection, week, [status], EditionStatus.HELD)
    return sorted(going)


def forget_runs(connection: Connection) -> None:
    """Forget what the programs of another machine were at: their leases, and notices that it may have sent."""
    connection.execute(delete(leases))
    connection.execute(delete(pending_notices))
