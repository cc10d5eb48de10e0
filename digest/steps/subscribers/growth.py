"""How the list grows: active, joined and left in each week, from the subscribers' histories."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.model import ConsentEvent, EffectiveStatus
from digest.steps.context import Context
from digest.store import growth, recipients, subscriber_list
from digest.store.growth import JOINED, LEFT
from digest.week import Week

_Days = Counter[tuple[date, ConsentEvent]]


@dataclass(frozen=True, slots=True)
class WeekOfGrowth:
    """Active subscribers at a week's end, and who came and went in it. Weeks begin on Monday 00:00 UTC."""

    week: Week
    active: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The list as numbers. No address."""

    standing: Mapping[EffectiveStatus, int]
    themes: Mapping[str, int]  # active subscribers by theme; "" counts those who get all
    languages: Mapping[str, int]  # active ones; "" counts those who ask for none
    monthly: int  # active ones who get mail once a month


class _Known:
    """What was counted of a store so far. Histories only grow, so only what is new is read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.until = 0
        self.days: _Days = Counter()


_KNOWN: weakref.WeakKeyDictionary[object, _Known] = weakref.WeakKeyDictionary()


def growth_by_week(context: Context, weeks: int = 26) -> tuple[WeekOfGrowth, ...]:
    """Return the last weeks, oldest first; the present one is the last."""
    with context.store.reading() as connection:
        known = _KNOWN.setdefault(context.store.engine, _Known())
        with known.lock:
            newest = growth.newest_line(connection)
            if newest > known.until:
                for each in growth.counts_by_day(connection, after=known.until, until=newest):
                    known.days[each.day, each.what] += each.number
                known.until = newest
            days = Counter(known.days)
            if not context.store.is_sqlite:  # another transaction may yet commit a line with a smaller number
                known.until, known.days = 0, Counter()
        active = subscriber_list.counts(connection, context.clock())[EffectiveStatus.ACTIVE]
    return by_week(days, active, context.clock(), weeks)


def by_week(
    days: Mapping[tuple[date, ConsentEvent], int], active: int, now: datetime, weeks: int
) -> tuple[WeekOfGrowth, ...]:
    """Count back from today's active subscribers. Pure."""
    happened: dict[date, Counter[ConsentEvent]] = {}
    for (day, what), number in days.items():
        happened.setdefault(_monday(day), Counter())[what] += number
    rows = []
    monday = _monday(now.date())
    for _ in range(weeks):
        in_it = happened.get(monday, Counter())
        joined, left = sum(in_it[what] for what in JOINED), sum(in_it[what] for what in LEFT)
        rows.append(WeekOfGrowth(Week.of(monday), max(active, 0), joined, left))
        active -= joined - left + in_it[ConsentEvent.RESUMED] - in_it[ConsentEvent.PAUSED]
        monday -= timedelta(weeks=1)
    return tuple(reversed(rows))


def numbers(context: Context) -> Numbers:
    """Return who the subscribers are, as numbers."""
    now = context.clock()
    with context.store.reading() as connection:
        weekly, all_of_them = (recipients.active(connection, now=now, monthly=monthly) for monthly in (False, True))
        return Numbers(
            subscriber_list.counts(connection, now),
            growth.active_by_theme(connection),
            subscriber_list.languages(connection, now),
            all_of_them - weekly,
        )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
