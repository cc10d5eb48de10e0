"""The last backup: by the store's own stamp, and by opening the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.errors import StoreError
from digest.settings import Settings
from digest.steps.backup.verify import verify_backup
from digest.steps.checks.line import Line, error, good, warning
from digest.steps.checks.store import current
from digest.store import identity
from digest.store.last_backup import LastBackup, last_backup

_REMEDY = "`digest backup` makes one; cron or a timer should, each night."


def backup(settings: Settings, now: datetime) -> Iterator[Line]:
    """Is there one, is it recent, and is the file still what it was?"""
    with current(settings) as store:
        if store is None:
            return
        with store.reading() as connection:
            last, name = last_backup(connection), identity.name(connection)
    days = settings.alerts.backup_days
    if not days:
        yield good("backup", "somebody else sees to that: [alerts] backup_days is 0")
    elif last is None:
        yield warning("backup", "the store was never backed up", _REMEDY)
    elif now - last.at > timedelta(days=days):
        age = (now - last.at) / timedelta(days=1)
        yield warning("backup", f"the last one, {last.file}, is {age:.0f} days old", _REMEDY)
    if last is not None:
        yield from _file(settings, last, name)


def _file(settings: Settings, last: LastBackup, store: str) -> Iterator[Line]:
    """Open it. It may be elsewhere by now: then only the stamp says that it was made and verified."""
    about = f"{last.file}, of {last.at:%Y-%m-%d %H:%M} UTC"
    try:
        if not last.file.is_file():
            yield good("backup", f"{about}, was verified when it was made; the file is elsewhere by now")
            return
        manifest = verify_backup(last.file, work=settings.state_folder)
    except OSError as problem:
        yield warning("backup", f"{about}, cannot be read: {problem.strerror or problem}", _REMEDY)
    except StoreError as problem:
        yield error("backup", f"{about}, is of no use: {problem.what}", f"Make another: {_REMEDY}")
    else:
        if manifest.store != store:
            yield error("backup", f"{about}, is another store's", f"Make one of this store: {_REMEDY}")
        else:
            yield good("backup", f"{about}: opened, and every file in it is whole")
