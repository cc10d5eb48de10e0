"""The time that an editor chooses for sending, as a browser's date field writes it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.errors import UsageError

_FARTHEST = timedelta(days=366)


def chosen_moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the moment, in UTC, of a local time such as "2026-11-23T09:00".

    Of a time that the clocks repeat, it is the first. Raises UsageError for what is no time, for one that the clocks
    skip, for one that is over, and for one more than a year away.
    """
    try:
        wall = datetime.fromisoformat(text.strip()).replace(tzinfo=None, microsecond=0)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is not a date and time.", "Write it like this: 2026-11-23T09:00.") from None
    moment = _first_of(wall, zone)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC).astimezone(zone)
        raise UsageError(
            f"There is no {wall:%H:%M} on {_day(wall)} in {zone.key}: the clocks go forward over it.",
            f"Choose {after:%H:%M}, or a time before the change.",
        )
    if moment <= now:
        here = now.astimezone(zone)
        raise UsageError(
            f"{_day(wall)} at {wall:%H:%M} has passed: it is {here:%H:%M} on {_day(here)}.",
            "Choose a later time, or send at once.",
        )
    if moment > now + _FARTHEST:
        raise UsageError(f"{_day(wall)} {wall.year} is more than a year away.", "Choose an earlier time.")
    return moment


def comes_twice(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks show this time again an hour later."""
    wall = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    offsets = {wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    return len(offsets) == 2


def _first_of(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _day(day: datetime) -> str:
    return f"{day:%A} {day.day} {day:%B}"
