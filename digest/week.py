"""Weeks name editions. `2019-W12` has one cut-off; its edition takes what was published since the one before.

The cut-off of week W is the moment of `[newsletter] cutoff` that falls after Monday 00:00 of that ISO week, and not
after the next Monday 00:00. So "FRI 12:00" is Friday noon of W, and the default "MON 00:00" is the very end of W's
Sunday: a digest composed on the Monday morning is named after the week that has just ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest.errors import UsageError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A weekday and a time of day, in the newsletter's time zone."""

    weekday: int  # 0 is Monday
    at: time

    @classmethod
    def parse(cls, text: str) -> Cutoff:
        """`"MON 00:00"`; raises ValueError with a message for people."""
        match = re.fullmatch(r"\s*([A-Za-z]{3})[a-z]*\s+([01]?\d|2[0-3]):([0-5]\d)\s*", text)
        if not match or match[1].upper() not in DAYS:
            raise ValueError(f'write a day and a time, such as "MON 00:00", not {text!r}')
        return cls(DAYS.index(match[1].upper()), time(int(match[2]), int(match[3])))


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week, such as 2019-W12."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Week:
        """Read what `str` writes, and the spellings people use. Raises UsageError."""
        return _parse(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Week], handler: GetCoreSchemaHandler) -> CoreSchema:
        """In JSON, a week is its text."""
        from pydantic_core import core_schema  # late: workers do without pydantic

        del source, handler  # asked for by pydantic
        return core_schema.no_info_plain_validator_function(
            _validate, serialization=core_schema.to_string_ser_schema(when_used="json")
        )

    @classmethod
    def of(cls, day: date) -> Week:
        year, number, _ = day.isocalendar()
        return cls(year, number)

    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    def shift(self, weeks: int) -> Week:
        return Week.of(self.monday() + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


@lru_cache(maxsize=512)
def _parse(text: str) -> Week:
    match = re.fullmatch(r"(\d{4})-?[Ww](\d{1,2})", text.strip())
    if match:
        week = Week(int(match[1]), int(match[2]))
        try:
            week.monday()
        except ValueError:
            pass
        else:
            return week
    raise UsageError(f"{text!r} is not a week.", "Write an ISO week, such as 2019-W12.")


def _validate(value: object) -> Week:
    if isinstance(value, Week):
        return value
    if not isinstance(value, str):
        raise ValueError("a week is text, such as 2019-W12")  # noqa: TRY004 - pydantic reports a ValueError
    try:
        return _parse(value)
    except UsageError as error:
        raise ValueError(error.what) from error


@dataclass(frozen=True, slots=True)
class Window:
    """What an edition takes: starts <= published < ends. Both aware, in UTC."""

    week: Week
    starts: datetime
    ends: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.starts <= moment < self.ends


def cutoff_of(week: Week, cutoff: Cutoff, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the edition of `week` closes, as `moment_of` reads wall times."""
    end_of_sunday = cutoff.weekday == 0 and cutoff.at == time(0, 0)
    day = week.monday() + timedelta(days=7 if end_of_sunday else cutoff.weekday)
    return moment_of(datetime.combine(day, cutoff.at), zone)


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which the clocks of `zone` show the time `wall`, which is naive.

    A wall time that the clocks skip is read as the moment they jumped; one that comes twice, as the first.
    """
    wall = wall.replace(tzinfo=zone, fold=0)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        # In a gap, fold=0 reads the time with the offset before the jump and fold=1 with the one after:
        # the jump itself lies between the two readings. Find it to the second.
        low, high = wall.replace(fold=1).astimezone(UTC), moment
        before = low.astimezone(zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            if middle.astimezone(zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        moment = high.replace(microsecond=0)
    return moment


def window_of(week: Week, cutoff: Cutoff, zone: ZoneInfo) -> Window:
    return Window(week, cutoff_of(week.shift(-1), cutoff, zone), cutoff_of(week, cutoff, zone))


def week_of(moment: datetime, cutoff: Cutoff, zone: ZoneInfo) -> Week:
    """The week whose window holds `moment`: the edition that a post published then belongs to."""
    week = Week.of(moment.astimezone(zone).date()).shift(-1)
    while cutoff_of(week, cutoff, zone) <= moment:
        week = week.shift(1)
    return week


def latest_closed(moment: datetime, cutoff: Cutoff, zone: ZoneInfo) -> Week:
    """The last week whose cut-off has passed: the edition that a run at `moment` composes."""
    return week_of(moment, cutoff, zone).shift(-1)
