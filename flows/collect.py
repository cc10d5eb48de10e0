"""Flow `collect`: fetch every feed that is due. Hourly, so that composing misses nothing."""

from __future__ import annotations

import asyncio

from prefect import flow, task

from digest.model import SourceReport
from digest.steps.collecting.collect import collect as collect_sources
from digest.week import Week
from flows.artifacts import publish_sources
from flows.run_context import opened


@task(name="collect-sources", task_run_name="collect {week}")
async def collect_week(week: Week | None) -> tuple[SourceReport, ...]:
    """Fetch the feeds. The collector itself limits and retries its requests: Prefect retries nothing here."""

    def work() -> tuple[SourceReport, ...]:
        with opened() as context:
            return collect_sources(context, week=week).sources

    return await asyncio.to_thread(work)


@flow(name="collect", persist_result=False)
async def collect() -> int:
    """Return how many posts are new."""
    reports = await collect_week(None)
    await publish_sources(reports)
    return sum(report.new for report in reports)
