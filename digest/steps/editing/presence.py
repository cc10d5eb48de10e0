"""Who has an edition open on the desk just now. Kept in memory: it means nothing after a restart."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.week import Week

ABSENT_AFTER = timedelta(seconds=20)
"""Without a sign for so long, somebody has closed the page."""
_MOST = 500  # pages that are remembered


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has an edition open."""

    name: str
    since: datetime
    last_seen: datetime


class Presence:
    """Signs of life of open pages, by week and page. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[tuple[Week, str], Present] = OrderedDict()

    def touch(self, week: Week, page: str, name: str, now: datetime) -> None:
        """Record a sign of life of a page; `page` tells two windows of one person apart."""
        with self._lock:
            known = self._pages.pop((week, page), None)
            is_new = known is None or known.name != name or now - known.last_seen > ABSENT_AFTER
            self._pages[week, page] = (
                Present(name, now, now) if is_new or known is None else replace(known, last_seen=now)
            )
            while len(self._pages) > _MOST:
                self._pages.popitem(last=False)

    def left(self, week: Week, page: str) -> None:
        """Record that a page was closed."""
        with self._lock:
            self._pages.pop((week, page), None)

    def others(self, week: Week, page: str, now: datetime) -> tuple[Present, ...]:
        """Return who else has the edition open, each person once, by name."""
        with self._lock:
            here = [
                present
                for (of_week, other), present in self._pages.items()
                if of_week == week and other != page and now - present.last_seen <= ABSENT_AFTER
            ]
        first: dict[str, Present] = {}
        for present in sorted(here, key=lambda each: each.since):
            known = first.setdefault(present.name, present)
            first[present.name] = replace(known, last_seen=max(known.last_seen, present.last_seen))
        return tuple(sorted(first.values(), key=lambda each: each.name))
