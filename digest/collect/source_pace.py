"""How a source is: its usual pace, its silence, when it is asked again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from digest.model import Outcome

LONGEST_WAIT = timedelta(days=1)
"""No server and no feed can make the digest stay away for longer: a weekly digest must not miss a week."""
FIRST_BACK_OFF, LONGEST_BACK_OFF = timedelta(minutes=30), timedelta(hours=6)
"""After a failure; a source that recovers on Sunday is read before Monday's edition."""
SILENCE = timedelta(weeks=5)
"""A source is called silent after this at the earliest …"""
SILENCE_IN_PACES = 5
"""… and after so many times its usual pace."""
_A_PACE_NEEDS = 3
WHOLE_EVERY = timedelta(days=6, hours=12)
"""Some servers answer "nothing has changed" for ever. Less than a week, so that a weekly visit asks for all of it."""
FAILURES = 3
"""In a row: a source that fails so often needs a person."""


def pace_days(published: Sequence[datetime]) -> float | None:
    """Usual days between posts: the median gap. None where there are too few posts to tell."""
    moments = sorted(published)
    if len(moments) < _A_PACE_NEEDS:
        return None
    gaps = [(after - before) / timedelta(days=1) for before, after in pairwise(moments)]
    return round(median(gaps), 2)


def silence(newest: datetime | None, pace: float | None, now: datetime) -> str:
    """ "silent for five weeks", where that is unusual for the source; else ""."""
    if newest is None or now - newest < max(SILENCE, timedelta(days=pace or 0) * SILENCE_IN_PACES):
        return ""
    weeks = int((now - newest) / timedelta(weeks=1))
    return f"silent for {_WORDS.get(weeks, weeks)} weeks" if weeks < 52 else f"silent since {newest:%B %Y}"


_WORDS = {5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}


def next_visit(now: datetime, *, ttl: float | None, fresh_for: float | None) -> datetime | None:
    """Not before this moment, by what feed and server say (seconds); None where nothing speaks against asking again."""
    wait = max(ttl or 0.0, fresh_for or 0.0)
    return now + min(timedelta(seconds=wait), LONGEST_WAIT) if wait > 0 else None


def wants_whole(whole_at: datetime | None, now: datetime) -> bool:
    """Whether to ask for the feed whatever its server says of changes; `whole_at` is when it last came."""
    return whole_at is None or now - whole_at >= WHOLE_EVERY


def after_failure(now: datetime, *, failures: int, retry_after: float | None, gone: bool = False) -> datetime:
    """Twice as long after each failure in a row, and at least as long as the server asks, but a day at most.

    What is gone is asked for once a day: some come back.
    """
    back_off: timedelta = min(FIRST_BACK_OFF * 2 ** min(max(failures, 1) - 1, 10), LONGEST_BACK_OFF)
    requested = timedelta(seconds=min(retry_after or 0.0, LONGEST_WAIT.total_seconds()))
    return now + (LONGEST_WAIT if gone else max(back_off, requested))


def is_healthy(outcome: str) -> bool:
    return outcome in (Outcome.OK, Outcome.UNCHANGED, Outcome.PARTIAL)
