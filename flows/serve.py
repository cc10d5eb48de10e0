"""The deployments, and the process that runs them: `digest serve`."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

from prefect import aserve
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, WorkerStatus
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType

from digest.errors import BusyError
from digest.settings import Settings
from flows.alerts import alerts
from flows.automations import ENVIRONMENT
from flows.collect import collect
from flows.ownership import refuse_taken
from flows.part_runs import DEPLOYMENT
from flows.send_edition import send_edition
from flows.share import share
from flows.weekly_digest import weekly_digest

# When a worker comes back, all missed runs start at once. One may run, the rest are cancelled: every step resumes. Of
# the weekly runs the newest composes, so that they wait for each other (`flows/late_runs.py`).
_IN_TURN = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
_ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)


_GIVING_BACK_SECONDS = 20.0

LOG = logging.getLogger(__name__)


async def deployments(settings: Settings, *, work_pool: str | None = None) -> list[RunnerDeployment]:
    """weekly-digest/weekly, send-edition/approved, send-edition/retry, collect/hourly, alerts/hourly; with the slug.

    With `[scale] shares`, share/part as well.

    Run by `serve` in one process, or by the workers of `work_pool`, whose environment needs this project installed.
    """
    zone, names = settings.newsletter.timezone, settings.prefect
    where: dict[str, Any] = {
        "concurrency_limit": _ONE_AT_A_TIME,
        "entrypoint_type": EntrypointType.MODULE_PATH,  # so that a run finds its flow from any folder
        "tags": [names.tag],
    }
    if work_pool:
        config = {
            "env": {"DIGEST_CONFIG": str(settings.path), **ENVIRONMENT},
            "working_dir": str(settings.folder),
        }
        where |= {"work_pool_name": work_pool, "job_variables": config}

    def cron(line: str, slug: str) -> list[Schedule]:
        return [Cron(line, timezone=zone, slug=slug)] if line else []

    parts = where | {"concurrency_limit": None}
    shared = [
        await share.ato_deployment(
            names.named(DEPLOYMENT), **parts, description="Started by the runs of a week: a part of their work."
        )
        for _ in range(settings.scale.shares > 1)
    ]
    return [
        *shared,
        await weekly_digest.ato_deployment(
            names.named("weekly"),
            schedules=cron(settings.schedule.compose, "compose"),
            **(where | {"concurrency_limit": _IN_TURN}),
            description="Collect and compose the week; send where settings allow it without approval.",
        ),
        await send_edition.ato_deployment(
            names.named("approved"),
            schedules=cron(settings.schedule.send, "send"),
            **where,
            description="Started by an approval: send the edition.",
        ),
        await send_edition.ato_deployment(
            names.named("retry"),
            schedules=cron("*/15 * * * *", "retry"),
            **where,
            description="Continue with deferred deliveries and interrupted sending.",
        ),
        await collect.ato_deployment(
            names.named("hourly"),
            schedules=cron("17 * * * *", "collect"),
            **where,
            description="Collect all week, so that nothing is lost if a feed is down when the edition is composed.",
        ),
        await alerts.ato_deployment(
            names.named("hourly"),
            schedules=cron("47 * * * *", "alerts"),
            **where,
            description="Tell what is wrong, as [alerts] says, also when nothing else runs.",
        ),
    ]


async def _has_pool(client: PrefectClient, settings: Settings) -> bool:
    try:
        await client.read_work_pool(settings.prefect.pool)
    except ObjectNotFound:
        return False
    return True


async def _refuse_beside_workers(client: PrefectClient, settings: Settings) -> None:
    """Registering the deployments here would change how the workers run them. Raises BusyError if one is at work."""
    pool = settings.prefect.pool
    workers = await client.read_workers_for_work_pool(pool) if await _has_pool(client, settings) else []
    alive = sorted(worker.name for worker in workers if worker.status == WorkerStatus.ONLINE)
    if alive:
        raise BusyError(
            f"The work pool {pool} runs this newsletter's deployments; its worker is {', '.join(alive)}.",
            "Nothing else is needed. To serve them here instead, stop the workers, wait two minutes, and try again.",
        )


async def _give_back(client: PrefectClient, settings: Settings) -> None:
    """Put the deployments on their work pool again, if there is one, for workers that are started later."""
    if not await _has_pool(client, settings):
        return
    pool = settings.prefect.pool
    for deployment in await deployments(settings, work_pool=pool):
        await deployment.aapply(work_pool_name=pool)


def run(settings: Settings) -> None:
    """Register the deployments and run what they schedule, until stopped. Raises BusyError if workers do that.

    Prefect would pause the schedules at the end, and whoever runs the deployments next would not run them. Runs that
    were missed meanwhile do no harm: each finds out what is due.
    """
    os.environ |= ENVIRONMENT  # for the processes of runs

    async def work() -> None:
        async with get_client() as client:
            await _refuse_beside_workers(client, settings)
            all_deployments = await deployments(settings)
            await refuse_taken(client, settings, all_deployments)
            try:
                await aserve(*all_deployments, pause_on_shutdown=False)
            finally:
                try:
                    async with asyncio.timeout(_GIVING_BACK_SECONDS):
                        await _give_back(client, settings)
                except Exception:  # noqa: BLE001 - the server may be gone, and this process is about to end
                    LOG.warning("The deployments could not be put on their work pool again: run `digest setup`.")

    asyncio.run(work())
