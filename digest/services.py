"""What runs where Digest is installed, and when: the one table behind crontab, systemd units and containers."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """Who starts what has a schedule: the machine's own timers, or a Prefect server."""

    TIMERS = "timers"
    PREFECT = "prefect"


BOTH = frozenset(Way)


@dataclass(frozen=True, slots=True)
class Service:
    """Something that runs all the time or, with `cron`, at its times. Each may run again at any moment."""

    name: str
    does: str  # a sentence, without its full stop
    arguments: str  # of the program; $NAME is one of `defaults`
    cron: str = ""
    ways: frozenset[Way] = BOTH
    program: str = "digest"
    hours: int = 1  # a run with a schedule is ended after this, and the next one continues
    defaults: tuple[tuple[str, str], ...] = ()  # variables in `arguments`
    optional: str = ""  # what it needs that not every newsletter has
    port: int = 0


SERVICES = (
    Service(
        "compose",
        "collect the feeds and compose the week's draft once [schedule] compose says so",
        "run --no-send --due --quiet",
        "*/15 * * * *",
        frozenset({Way.TIMERS}),
        hours=4,
    ),
    Service(
        "collect",
        "collect all week, so that a feed that is down on Monday loses no posts",
        "collect --quiet",
        "17 * * * *",
        frozenset({Way.TIMERS}),
    ),
    Service(
        "send",
        "send what is approved, and retry what was deferred",
        "send --quiet",
        "*/15 * * * *",
        frozenset({Way.TIMERS}),
        hours=12,
    ),
    Service(
        "bounces",
        "read returned mail",
        "bounces read",
        "*/10 * * * *",
        optional="[bounces] mailbox",
    ),
    Service(
        "alerts",
        "tell what is wrong, also when nothing else runs",
        "alerts --quiet",
        "47 * * * *",
    ),
    Service(
        "backup",
        "back up store, key, settings, templates and archive; keep fourteen days",
        "backup $FOLDER/var/backups/ --keep 14 --quiet",
        "41 2 * * *",
        defaults=(("FOLDER", "/srv/digest/%i"),),
    ),
    Service("desk", "the editor's desk", "preview --port $DESK_PORT", defaults=(("DESK_PORT", "8025"),), port=8025),
    Service(
        "public",
        "the public pages",
        "public --port $PUBLIC_PORT --proxies 127.0.0.1",
        defaults=(("PUBLIC_PORT", "8026"),),
        port=8026,
    ),
    Service(
        "worker",
        "run what the Prefect server schedules",
        "worker start --pool $POOL",
        ways=frozenset({Way.PREFECT}),
        program="prefect",
        defaults=(("POOL", "digest-%i"),),
    ),
    Service(
        "serve",
        "register the deployments and run them in one process, for a trial",
        "serve",
        ways=frozenset({Way.PREFECT}),
        optional="no worker beside it",
    ),
)


def scheduled(way: Way) -> tuple[Service, ...]:
    """Return what the machine itself has to start at its times."""
    return tuple(one for one in SERVICES if one.cron and way in one.ways)


def crontab(program: str, config: str) -> list[str]:
    """Return the lines of a crontab for a newsletter without Prefect. cron's PATH has no `program`: give its path.

    All are quiet, because cron mails what a line prints. In a crontab % is a newline, also within quotes.
    """
    folder = shlex.quote(config.removesuffix("/digest.toml"))
    lines = []
    for one in scheduled(Way.TIMERS):
        arguments = one.arguments.replace("$FOLDER", folder).removesuffix(" --quiet") + " --quiet"
        command = f"{shlex.quote(program)} --config {shlex.quote(config)} {arguments}"
        if not one.optional:
            lines.append(f"{one.cron:<14}{command}".replace("%", r"\%"))
    return lines


_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def calendar(cron: str) -> str:
    """Return a cron line as systemd's OnCalendar: systemd.time(7). Steps begin at 0 there; month and day stay numbers.

    Raises ValueError for days of month and week together: cron starts on either, systemd on both.
    """
    minute, hour, day, month, weekday = (field.replace("*/", "0/") for field in cron.split())
    if day != "*" and weekday != "*":
        raise ValueError(f"{cron!r} has days of the month and of the week: write two timers")
    days = "" if weekday == "*" else f"{_weekdays(weekday)} "
    date = "-".join(field.replace("0/", "1/").replace("-", "..") for field in (month, day))
    return f"{days}*-{date} {hour.replace('-', '..')}:{minute.replace('-', '..')}:00"


def _weekdays(field: str) -> str:
    """Return cron's names or numbers, Sunday being 0 or 7, as systemd's names."""

    def name(word: str) -> str:
        return _DAYS[int(word) % 7] if word.isdigit() else word.title()

    return ",".join("..".join(name(word) for word in part.split("-")) for part in field.split(","))
