"""The machine: versions, disk, clock and time zones."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib import metadata
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from digest import __version__
from digest.settings import Settings
from digest.steps.checks.line import Line, good, warning
from digest.store.engine import sqlite_file
from digest.week import latest_closed, window_of

_LEAST_FREE = 1_000_000_000  # bytes
_COPIES = 3  # of the store: itself, its write-ahead log, a backup
_OLDEST_ZONES = timedelta(days=3 * 365)


def versions(_settings: Settings, _now: datetime) -> Iterator[Line]:
    """Digest's own, and of what it stands on."""
    yield good("versions", f"Digest {__version__}, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")


def disk(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Is there room for the store to grow, and for a backup beside it?"""
    folder = settings.state_folder
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    store = sqlite_file(settings.store_url)
    needed = max(_LEAST_FREE, _COPIES * store.stat().st_size if store is not None and store.exists() else 0)
    message = f"{free / 1e9:.1f} GB free at {there}"
    if free < needed:
        yield warning("disk", f"{message}; the store needs {needed / 1e9:.1f} GB", "Free some disk space.")
    else:
        yield good("disk", message)
    if not os.access(there, os.W_OK | os.X_OK):
        yield warning("disk", f"{there} cannot be written by this user", "Run Digest as the folder's owner.")


def clock(settings: Settings, now: datetime) -> Iterator[Line]:
    """What time Digest believes it is, and which week it would compose."""
    newsletter = settings.newsletter
    week = latest_closed(now, newsletter.cutoff, newsletter.zone)
    window = window_of(week, newsletter.cutoff, newsletter.zone)
    local = f"{now.astimezone(newsletter.zone):%Y-%m-%d %H:%M} {newsletter.timezone}"
    starts, ends = (moment.astimezone(newsletter.zone) for moment in (window.starts, window.ends))
    yield good("clock", f"{local}; the next digest is {week}: {starts:%d %b %H:%M} to {ends:%d %b %H:%M}")
    if os.environ.get("DIGEST_NOW"):
        yield warning("clock", "stopped: DIGEST_NOW is set", "Unset it when the rehearsal is over: `unset DIGEST_NOW`")


def time_zone(settings: Settings, now: datetime) -> Iterator[Line]:
    """Where the rules of summer time come from, how old they are, and the next change of the clocks."""
    zone = settings.newsletter.zone
    place, version = zone_data(zone.key)
    change = next_change(zone, now)
    then = f"the clocks change on {change:%d %b %Y}" if change else "its clocks do not change"
    message = f"{zone.key} by {place}{f' ({version})' if version else ''}; {then}"
    year = int(version[:4]) if version[:4].isdigit() else 0
    if year and datetime(year, 12, 31, tzinfo=UTC) + _OLDEST_ZONES < datetime.now(UTC):
        remedy = "Countries change their summer time: update the package tzdata of this machine."
        yield warning("time zone", message, remedy)
    else:
        yield good("time zone", message)


def zone_data(name: str) -> tuple[str, str]:
    """Return where zoneinfo finds a zone, and the version of that data; "" if it does not say.

    A version is such as 2025b; of the package, 2025.2.
    """
    for folder in map(Path, TZPATH):
        if (folder / name).is_file():
            for file in ("tzdata.zi", "+VERSION"):
                first = _first_line(folder / file)
                if first:
                    return str(folder), first.removeprefix("# version ").strip()
            return str(folder), ""
    return "the package tzdata", metadata.version("tzdata")


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline(200).strip()
    except OSError:
        return ""


def next_change(zone: ZoneInfo, now: datetime) -> date | None:
    """Return the day on which the zone's offset next changes, today or within a year; None if it does not. Pure."""
    today = now.astimezone(zone).date()

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(), zone).utcoffset()

    days = (today + timedelta(days=number) for number in range(366))
    return next((day for day in days if offset(day) != offset(day + timedelta(days=1))), None)
