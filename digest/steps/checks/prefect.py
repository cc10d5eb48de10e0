"""Prefect: the server answers, knows the deployments, and somebody runs what it schedules. Over its HTTP API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.settings import Settings
from digest.steps.checks import network_clock
from digest.steps.checks.line import Line, error, good, warning
from digest.steps.checks.web import NoAnswerError, Web
from digest.steps.prefect_address import prefect_address
from digest.text import plural, terminal_line

_KNOWN_VERSION = (3, 8)  # the minor release whose API this was written for
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_BAD = ("FAILED", "CRASHED")
_VERSION = "/admin/version"
_REFUSED = (401, 403)
_POLLED_LATELY = timedelta(seconds=90)  # `digest serve` and workers ask for work every 10 to 15 seconds
_REGISTER = "`digest serve`, or `digest setup` and a worker"


@dataclass(frozen=True, slots=True)
class Expected:
    """A deployment that `digest serve` or `digest setup` registers."""

    flow: str
    name: str
    cron: str  # "" where it is only started by others


def expected(settings: Settings) -> list[Expected]:
    """Return the deployments of this newsletter. A test holds that they are those of `flows/serve.py`."""
    named = settings.prefect.named
    shared = [Expected("share", named("part"), "")] if settings.scale.shares > 1 else []
    return [
        *shared,
        Expected("weekly-digest", named("weekly"), settings.schedule.compose),
        Expected("send-edition", named("approved"), settings.schedule.send),
        Expected("send-edition", named("retry"), "*/15 * * * *"),
        Expected("collect", named("hourly"), "17 * * * *"),
        Expected("alerts", named("hourly"), "47 * * * *"),
    ]


def server(_settings: Settings, _now: datetime) -> Iterator[Line]:
    """Does it answer, take our log-in, have the right version and the same time?"""
    address = prefect_address()
    if not address.url:
        yield good("Prefect", "not used here: PREFECT_API_URL is not set (cron, systemd or a person runs the commands)")
        return
    where = f"{address.url} ({address.source})"
    with Web(address.url, headers=address.headers) as api:
        try:
            answer = api.ask(_VERSION)
            version = str(answer.json()) if answer.status == 200 else ""
        except NoAnswerError as problem:
            what = f"{where} cannot be reached: {problem}"
            yield error("Prefect", what, "Start it (`prefect server start`), or correct the address.")
            return
    if answer.status in _REFUSED:
        remedy = "Set PREFECT_API_AUTH_STRING, or PREFECT_API_KEY, as the server has it."
        yield error("Prefect", f"{where} refuses our log-in", remedy)
    elif not version:
        yield error("Prefect", f"{where} answers {answer.status}", "Does PREFECT_API_URL end in /api?")
    else:
        yield good("Prefect", f"{version} answers at {where}")
        yield from _version(version)
        yield from network_clock.compare("Prefect", answer.date, datetime.now(UTC))


def _version(version: str) -> Iterator[Line]:
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers != _KNOWN_VERSION:
        known = ".".join(map(str, _KNOWN_VERSION))
        what = f"the server is {version}, this Digest is made for {known}"
        yield warning("Prefect", what, f"Install prefect {known} on the server.")


def deployments(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Deployments, schedules, pool, workers, last runs; nothing where the server does not answer."""
    address = prefect_address()
    if not address.url:
        return
    with Web(address.url, headers=address.headers) as api:
        try:
            if api.ask(_VERSION).status == 200:
                yield from _deployments(api, settings)
        except NoAnswerError:
            return
        except (KeyError, TypeError, AttributeError) as problem:
            what = f"its answer was not understood: {type(problem).__name__}: {problem}"
            yield error("Prefect", what, "Is PREFECT_API_URL that of a Prefect server?")


def _deployments(api: Web, settings: Settings) -> Iterator[Line]:
    pools: dict[str, list[str]] = {}
    missing = []
    for one in expected(settings):
        answer = api.ask(f"/deployments/name/{one.flow}/{one.name}")
        full = f"{one.flow}/{one.name}"
        if answer.status == 404:
            missing.append(full)
            continue
        row = answer.json()
        if row["paused"]:
            yield warning(
                "Prefect", f"the deployment {full} is paused: nothing of it runs", f"Unpause it: {_REGISTER}."
            )
        yield from _schedule(one, row, settings.newsletter.timezone)
        if pool := row.get("work_pool_name"):
            pools.setdefault(pool, []).append(full)
        else:
            yield from _served(full, row)
        yield from _last_run(api, full, row["id"])
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        yield warning("Prefect", f"{', '.join(missing)} {verb} not registered there", f"Register: {_REGISTER}.")
    for pool, users in pools.items():
        yield from _pool(api, pool, users)
    if pools:
        yield from _automations(api, settings.prefect.automations)


def _automations(api: Web, names: tuple[str, ...]) -> Iterator[Line]:
    """Does the server end the runs of dead workers, and begin crashed ones again?"""
    enabled = [row["name"] for row in api.ask("/automations/filter", {}).json() if row["enabled"]]
    for name in names:
        if name in enabled:
            yield good("Prefect", f"automation “{name}”")
        else:
            what = f"there is no automation “{name}”, or it is off: nobody takes over when a worker dies"
            yield warning("Prefect", what, "`digest setup`")


def _schedule(one: Expected, row: Mapping[str, Any], timezone: str) -> Iterator[Line]:
    """Is what digest.toml schedules scheduled there, at the same time?"""
    full, schedules = f"{one.flow}/{one.name}", row["schedules"]
    active = [each["schedule"] for each in schedules if each["active"]]
    if one.cron and schedules and not active:
        remedy = f"`prefect deployment schedule resume {full} {schedules[0]['id']}`"
        yield warning("Prefect", f"the schedule of {full} is off", remedy)
    elif one.cron and not active:
        yield warning("Prefect", f"{full} has no schedule there", f"Register it again: {_REGISTER}.")
    elif one.cron and not any(each.get("cron") == one.cron and each.get("timezone") == timezone for each in active):
        there = ", ".join(f"{each.get('cron', '?')} {each.get('timezone', '')}" for each in active)
        what = f"{full} is scheduled at {there}, digest.toml says {one.cron} {timezone}"
        yield warning("Prefect", what, f"Register it again: {_REGISTER}.")
    elif one.cron:
        yield good("Prefect", f"{full}: {one.cron} {timezone}")


def _served(full: str, row: Mapping[str, Any]) -> Iterator[Line]:
    """Without a pool, only the process of `digest serve` runs it."""
    polled = _moment(row.get("last_polled"))
    if polled is None or datetime.now(UTC) - polled > _POLLED_LATELY:
        since = f"since {polled:%Y-%m-%d %H:%M} UTC" if polled else "yet"
        yield warning("Prefect", f"nobody has asked for runs of {full} {since}", "Start `digest serve`.")


def _pool(api: Web, pool: str, users: list[str]) -> Iterator[Line]:
    answer = api.ask(f"/work_pools/{pool}")
    if answer.status == 404:
        yield error("Prefect", f"the work pool {pool} of {', '.join(users)} is not there", "`digest setup`")
        return
    if answer.json()["is_paused"]:
        yield warning("Prefect", f"the work pool {pool} is paused", f"`prefect work-pool resume {pool}`")
    workers = api.ask(f"/work_pools/{pool}/workers/filter", {}).json()
    alive = [row["name"] for row in workers if row.get("status") == "ONLINE"]
    if alive:
        yield good("Prefect", f"the work pool {pool} has {plural(len(alive), 'worker')}: {', '.join(alive)}")
    else:
        last = max((moment for row in workers if (moment := _moment(row.get("last_heartbeat_time")))), default=None)
        since = f"; the last was heard at {last:%Y-%m-%d %H:%M} UTC" if last else ""
        yield error("Prefect", f"the work pool {pool} has no worker{since}", f"`prefect worker start --pool {pool}`")


def _last_run(api: Web, full: str, deployment: str) -> Iterator[Line]:
    def runs(states: object) -> list[dict[str, Any]]:
        query = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": {"state": states}}
        answer: list[dict[str, Any]] = api.ask(
            "/flow_runs/filter", query | {"sort": "END_TIME_DESC", "limit": 1}
        ).json()
        return answer

    if late := runs({"name": {"any_": ["Late"]}}):
        due = _moment(late[0]["expected_start_time"])
        when = f" since {due:%Y-%m-%d %H:%M} UTC" if due else ""
        yield warning("Prefect", f"a run of {full} waits{when}: nobody has started it", f"Start {_REGISTER}.")
    for run in runs({"type": {"any_": list(_ENDED)}}):
        state, ended = run["state"], _moment(run["end_time"] or run["state"]["timestamp"])
        words = f": {terminal_line(state['message'], limit=200)}" if state["message"] else ""
        when = f" at {ended:%Y-%m-%d %H:%M} UTC" if ended else ""
        what = f"the last run of {full} ended{when} as {state['name']}{words}"
        if state["type"] in _BAD:
            yield warning("Prefect", what, f"Its log: `prefect flow-run logs {run['id']}`")
        else:
            yield good("Prefect", what)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
