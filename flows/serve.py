"""The deployments, and the process that runs them: `digest serve`."""

from __future__ import annotations

import asyncio
from typing import Any

from prefect import aserve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType

from digest.settings import Settings
from flows.collect import collect
from flows.send_edition import send_edition
from flows.weekly_digest import weekly_digest

# When a worker comes back, all missed runs start at once. One may run, the rest are cancelled: every step resumes.
_ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)


RETRY = "retry"


async def deployments(settings: Settings, *, work_pool: str | None = None) -> list[RunnerDeployment]:
    """weekly-digest/weekly, send-edition/approved, send-edition/retry and collect/hourly.

    Run by `serve` in one process, or by the workers of `work_pool`, whose environment needs this project installed.
    """
    zone = settings.newsletter.timezone
    # By module, so that a run finds its flow from any folder.
    where: dict[str, Any] = {"concurrency_limit": _ONE_AT_A_TIME, "entrypoint_type": EntrypointType.MODULE_PATH}
    if work_pool:
        config = {
            "env": {"DIGEST_CONFIG": str(settings.path), "DO_NOT_TRACK": "1"},
            "working_dir": str(settings.folder),
        }
        where |= {"work_pool_name": work_pool, "job_variables": config}

    def cron(line: str, slug: str) -> list[Schedule]:
        return [Cron(line, timezone=zone, slug=slug)] if line else []

    return [
        await weekly_digest.ato_deployment(
            "weekly",
            schedules=cron(settings.schedule.compose, "compose"),
            **where,
            description="Collect and compose the week; send where settings allow it without approval.",
        ),
        await send_edition.ato_deployment(
            "approved",
            schedules=cron(settings.schedule.send, "send"),
            **where,
            description="Started by an approval: send the edition.",
        ),
        await send_edition.ato_deployment(
            RETRY,
            schedules=cron("*/15 * * * *", "retry"),
            **where,
            description="Continue with deferred deliveries and interrupted sending.",
        ),
        await collect.ato_deployment(
            "hourly",
            schedules=cron("17 * * * *", "collect"),
            **where,
            description="Collect all week, so that nothing is lost if a feed is down when the edition is composed.",
        ),
    ]


def run(settings: Settings) -> None:
    """Register the deployments and run what they schedule, until stopped."""

    async def work() -> None:
        await aserve(*await deployments(settings))

    asyncio.run(work())
