"""The last backup: by the store's own stamp, and by opening the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.settings import Settings
from digest.steps.checks.line import Line, good, warning
from digest.steps.checks.store import current
from digest.store.last_backup import last_backup

_OLDEST = timedelta(days=8)  # one a week, and a day for the one that is late
_REMEDY = "Each week before sending: `digest backup FILE`"


def backup(settings: Settings, now: datetime) -> Iterator[Line]:
    """Is there one, is it recent, and is it still what it was?"""
    with current(settings) as store:
        if store is None:
            return
        with store.reading() as connection:
            last = last_backup(connection)
    if last is None:
        yield warning("backup", "the store was never backed up", _REMEDY)
        return
    days = (now - last.at) / timedelta(days=1)
    message = f"{last.file}, of {last.at:%Y-%m-%d %H:%M} UTC"
    if now - last.at > _OLDEST:
        yield warning("backup", f"the last one is {days:.0f} days old: {message}", _REMEDY)
    else:
        yield good("backup", message)
