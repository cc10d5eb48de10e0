"""On which days editors are at work: reminders of drafts wait for them."""

from __future__ import annotations

from datetime import datetime

from digest.settings import Settings

_SATURDAY = 5


def works(settings: Settings, moment: datetime) -> bool:
    """Whether this moment is on a working day of the newsletter's."""
    return moment.astimezone(settings.newsletter.zone).weekday() < _SATURDAY
