"""This machine's clock beside the clocks of others, as their servers tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.steps.checks.line import Line, error, good, warning

_TOLERATED = timedelta(seconds=30)  # a Date has whole seconds, and the answer took some
_WRONG = timedelta(minutes=5)


def moment_of(text: str) -> datetime | None:
    """Return the moment of a Date header, or of the date that ends an SMTP greeting; None if there is none. Pure."""
    try:
        moment = parsedate_to_datetime(text.rpartition(";")[2].strip())
    except (ValueError, TypeError, IndexError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def compare(whose: str, date: str, here: datetime) -> Iterator[Line]:
    """Compare our clock with `date`, which `whose` server has just said. Pure."""
    other = moment_of(date)
    if other is None:
        return
    off = here - other
    seconds = abs(off.total_seconds())
    if abs(off) <= _TOLERATED:
        yield good("clock", f"agrees with {whose}'s")
        return
    way = "ahead of" if off > timedelta() else "behind"
    line = error if abs(off) > _WRONG else warning
    yield line(
        "clock",
        f"{seconds:,.0f} seconds {way} {whose}'s",
        "Mail is dated and sent by this clock: `timedatectl set-ntp true`",
    )
