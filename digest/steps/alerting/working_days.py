"""On which days editors are at work: reminders of drafts wait for them."""

from __future__ import annotations

from datetime import datetime

from digest.public_holidays import holidays_of
from digest.settings import Settings

_SATURDAY = 5


def works(settings: Settings, moment: datetime) -> bool:
    """Whether this moment is on a working day: no weekend, and no holiday of [schedule] holidays."""
    day = moment.astimezone(settings.newsletter.zone).date()
    place = settings.schedule.holidays
    return holidays_of(place).is_working_day(day) if place else day.weekday() < _SATURDAY
