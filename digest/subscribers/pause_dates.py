"""Until when a subscriber pauses: the date that they typed, read and judged. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.dates.read_date import DateReader
from digest.week import moment_of

LONGEST = timedelta(days=366)


class DateProblem(StrEnum):
    """What is wrong with a date: keys of the pages' phrases."""

    UNREADABLE = "date_unreadable"
    PAST = "date_past"
    FAR = "date_far"


def today(zone: ZoneInfo, now: datetime) -> date:
    """Return the date in the newsletter's time zone."""
    return now.astimezone(zone).date()


def read_pause(text: str, zone: ZoneInfo, now: datetime, language: str = "") -> date | DateProblem | None:
    """Return the day on which mails start again; None for an empty field: when the subscriber resumes.

    Browsers send "2027-05-01"; one without a date field sends what was typed, in `language`.
    """
    if not text.strip():
        return None
    moment = DateReader(language, UTC).read(text.strip())
    if moment is None:
        return DateProblem.UNREADABLE
    day, earliest = moment.date(), today(zone, now)
    if day <= earliest:
        return DateProblem.PAST
    return DateProblem.FAR if day > earliest + LONGEST else day


def pause_end(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the moment, in UTC, at which a pause until this day ends: as the day begins."""
    return None if day is None else moment_of(datetime.combine(day, time()), zone)
