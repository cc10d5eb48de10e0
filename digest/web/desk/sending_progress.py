"""How fast a sending goes, and how long it will still take: from what the store counted at several moments.

Whoever sends (this desk, the flow, a command), only the store is asked: once for all pages that watch, at most once a
second, and more rarely where counting takes long.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest.steps.status import Status
from digest.text import plural
from digest.week import Week

_INTERVAL = 1.0  # seconds between two readings
_SHARE = 20  # a reading that took a second is used for so many
_WINDOW = 30.0  # seconds that the pace is measured over
_STANDSTILL = 20.0  # without any progress for so long, it is worth saying
_STALE = 90.0  # older samples say nothing: nobody was watching
_MOST = 20  # editions that are remembered


@dataclass(frozen=True, slots=True)
class Sample:
    """What was done at a moment."""

    at: float
    done: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes."""

    per_second: float | None = None  # None where it is not known yet
    seconds_left: float | None = None


def pace_of(samples: Sequence[Sample], waiting: int) -> Pace:
    """Return the pace over the latest samples. Pure."""
    recent = [one for one in samples if samples[-1].at - one.at <= _WINDOW] if samples else []
    if len(recent) < 2 or recent[-1].at - recent[0].at < _INTERVAL / 2:
        return Pace()
    span = recent[-1].at - recent[0].at
    rate = (recent[-1].done - recent[0].done) / span
    if rate <= 0:
        return Pace(0.0 if span >= _STANDSTILL else None)
    return Pace(rate, waiting / rate)


def pace_text(pace: Pace) -> str:
    """Say it: "42 a second, about 3 minutes left"; "" while it is not known. Pure."""
    if pace.per_second is None:
        return ""
    if pace.per_second == 0:
        return "nothing has moved for a while"
    rate = pace.per_second
    words = f"{rate:,.0f} a second" if rate >= 3 else f"{rate * 60:,.0f} a minute"
    return words if pace.seconds_left is None else f"{words}, {time_left(pace.seconds_left)}"


def time_left(seconds: float) -> str:
    """Say how long, as roughly as it is known. Pure."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10} seconds left"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"about {plural(minutes, 'minute')} left"
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    return f"about {hours} h{f' {rest} min' if rest else ''} left"


@dataclass(slots=True)
class _Watched:
    """One edition."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    status: Status | None = None
    next_at: float = 0.0
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=100))


class SendingProgress:
    """The progress of the editions that somebody watches. Safe to use from many threads."""

    def __init__(self, status: Callable[[Week], Status], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._status, self._monotonic = status, monotonic
        self._lock = threading.Lock()
        self._editions: OrderedDict[Week, _Watched] = OrderedDict()

    def read(self, week: Week, *, fresh: bool = True) -> tuple[Status, Pace]:
        """Return the edition's status and pace. Without `fresh`, they may be a second old, or older if that is dear."""
        watched = self._watched(week)
        with watched.lock:
            begins = self._monotonic()
            if fresh or watched.status is None or begins >= watched.next_at:
                watched.status = self._status(week)
                ends = self._monotonic()
                watched.next_at = ends + max(_INTERVAL, _SHARE * (ends - begins))
                self._add(watched, ends)
            status = watched.status
            waiting = status.counts.queued + status.counts.sending
            return status, pace_of(list(watched.samples), waiting)

    def _add(self, watched: _Watched, now: float) -> None:
        assert watched.status is not None
        counts, samples = watched.status.counts, watched.samples
        done = counts.sent + counts.deferred + counts.failed + counts.uncertain + counts.suppressed
        if samples and (now - samples[-1].at > _STALE or done < samples[-1].done or watched.status.paused_by):
            samples.clear()
        if not samples or now - samples[-1].at >= _INTERVAL / 2:
            samples.append(Sample(now, done))

    def _watched(self, week: Week) -> _Watched:
        with self._lock:
            watched = self._editions.setdefault(week, _Watched())
            self._editions.move_to_end(week)
            while len(self._editions) > _MOST:
                self._editions.popitem(last=False)
            return watched
