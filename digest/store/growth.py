"""How many subscribers joined and left, by day; and who they are, as numbers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Text, and_, cast, func, literal_column, or_, select

from digest.model import ConsentEvent, SubscriberStatus
from digest.store.schema import consent, subscribers, suppressions

JOINED = (ConsentEvent.SUBSCRIBED, ConsentEvent.CONFIRMED, ConsentEvent.RESTORED)
LEFT = (ConsentEvent.UNSUBSCRIBED, ConsentEvent.SUPPRESSED, ConsentEvent.ERASED)
_HERE = (*JOINED, ConsentEvent.CHANGED_TO)  # after which an address can leave
_COUNTED = (*JOINED, *LEFT, ConsentEvent.PAUSED, ConsentEvent.RESUMED)


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often a thing happened on a day (UTC)."""

    day: date
    what: ConsentEvent
    number: int


def newest_line(connection: Connection) -> int:
    """Return the number of the newest line of all histories; 0 if there is none."""
    return int(connection.execute(select(func.max(consent.c.id))).scalar() or 0)


def counts_by_day(connection: Connection, *, after: int, until: int) -> list[DayCount]:
    """Count the lines with numbers above `after` and up to `until`.

    Somebody who had left already does not leave again: an address that unsubscribes and is erased later counts once.
    """
    before = consent.alias("before")
    last = (
        select(before.c.what)
        .where(before.c.hash == consent.c.hash, before.c.id < consent.c.id, before.c.what.in_(_values(_HERE + LEFT)))
        .order_by(before.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    leaves = consent.c.what.in_(_values(LEFT))
    counts = or_(~leaves, and_(leaves, last.in_(_values(_HERE))))
    day = func.date(consent.c.at)
    query = (
        select(day.label("day"), consent.c.what, func.count().label("number"))
        .where(consent.c.id > after, consent.c.id <= until, consent.c.what.in_(_values(_COUNTED)), counts)
        .group_by(day, consent.c.what)
    )
    return [
        DayCount(
            row.day if isinstance(row.day, date) else date.fromisoformat(row.day), ConsentEvent(row.what), row.number
        )
        for row in connection.execute(query)
    ]


def active_by_theme(connection: Connection) -> Counter[str]:
    """Count active subscribers by the themes that they chose; "" counts those who get all."""
    themes = cast(subscribers.c.themes, Text).label("themes")
    query = (
        select(themes, func.count())
        .select_from(subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash))
        .where(subscribers.c.status == SubscriberStatus.ACTIVE.value, suppressions.c.hash.is_(None))
        .group_by(literal_column("1"))
    )
    numbers: Counter[str] = Counter()
    for themes_of, number in connection.execute(query):
        for theme in json.loads(themes_of) or [""]:
            numbers[str(theme)] += number
    return numbers


def _values(events: tuple[ConsentEvent, ...]) -> list[str]:
    return [event.value for event in events]
