"""Who is active at a moment, by status and frequency, and ending the pauses whose day has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true, update

from digest.model import ConsentEvent, Frequency, SubscriberStatus
from digest.store.schema import subscribers
from digest.store.subscribers import Consent, add_consent

_PAUSED = subscribers.c.status == SubscriberStatus.PAUSED.value


def is_active(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that a subscriber is active at a moment: a pause that has ended by then counts no more."""
    return or_(subscribers.c.status == SubscriberStatus.ACTIVE.value, is_back(moment))


def is_back(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that a subscriber's pause has ended by then."""
    return and_(_PAUSED, subscribers.c.paused_until <= moment)


def is_of_frequency(*, monthly: bool) -> ColumnElement[bool]:
    """Return the condition that a subscriber gets a mailing by their frequency; `monthly`: it has the month's mail."""
    return true() if monthly else subscribers.c.frequency == Frequency.WEEKLY.value


def pause(connection: Connection, number: int, *, until: datetime | None) -> bool:
    """Pause an active subscriber, or change until when a paused one pauses. False for any other."""
    statuses = [SubscriberStatus.ACTIVE.value, SubscriberStatus.PAUSED.value]
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == number, subscribers.c.status.in_(statuses))
        .values(status=SubscriberStatus.PAUSED.value, paused_until=until)
    )
    return changed.rowcount == 1


def end_pauses(connection: Connection, moment: datetime) -> int:
    """Make those active whose pause has ended, and say so in their histories. Return how many."""
    rows = connection.execute(select(subscribers.c.hash, subscribers.c.paused_until).where(is_back(moment))).all()
    if not rows:
        return 0
    connection.execute(
        update(subscribers).where(is_back(moment)).values(status=SubscriberStatus.ACTIVE.value, paused_until=None)
    )
    add_consent(connection, [_line(row.hash, row.paused_until) for row in rows])
    return len(rows)


def _line(hash_: str, until: datetime) -> Consent:
    return Consent(hash_, until, ConsentEvent.RESUMED, "the pause ended")
