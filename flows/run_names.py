"""What runs are called on Prefect's pages: `weekly 2019-W12`, `send 2019-W12`, `collect 2019-03-25 10:17`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from prefect import get_client, runtime

from digest.clock import system_clock
from digest.errors import DigestError
from digest.settings import Settings, find_settings_file, load_settings
from digest.week import Week


def _named_at(what: str) -> str:
    """Return a name with the run's scheduled time, in the newsletter's time zone."""
    moment: datetime = runtime.flow_run.scheduled_start_time or system_clock()
    try:
        settings: Settings = load_settings(find_settings_file())
    except DigestError:  # the run itself reports it
        return what
    return f"{what} {moment.astimezone(settings.newsletter.zone):%Y-%m-%d %H:%M}"


def _named_after_week(what: str) -> str:
    """Return a name with the week that was asked for; a run that has to find its week is renamed by then."""
    week = runtime.flow_run.parameters.get("week")
    return _numbered(f"{what} {week}") if week else _named_at(what)


def _numbered(name: str) -> str:
    attempt = runtime.flow_run.parameters.get("attempt", 1)
    return f"{name}, attempt {attempt}" if attempt > 1 else name


def collect_name() -> str:
    return _named_at("collect")


def alerts_name() -> str:
    return _named_at("alerts")


def send_name() -> str:
    return _named_after_week("send")


def weekly_name() -> str:
    return _named_after_week("weekly")


async def rename(what: str, weeks: Iterable[Week]) -> None:
    """Name this run after the weeks that it has found to do."""
    if runtime.flow_run.id:
        async with get_client() as client:
            await client.update_flow_run(runtime.flow_run.id, name=_numbered(" ".join([what, *map(str, weeks)])))
