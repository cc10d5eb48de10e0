"""Flow `collect`: fetch every feed that is due. Hourly, so that composing misses nothing."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed

from digest.model import Outcome, SourceReport
from digest.steps.collecting.collect import collect as collect_sources
from digest.steps.collecting.source_health import SourceHealth, source_health
from digest.text import plural
from digest.week import Week
from flows.alerting import alerting
from flows.artifacts import publish_sources
from flows.in_thread import Stopping, in_thread
from flows.run_context import opened
from flows.run_names import collect_name

_MINUTES = 50  # the next hourly run begins then


@task(name="collect-sources", task_run_name="collect {week}", timeout_seconds=_MINUTES * 60)
async def collect_week(week: Week | None) -> tuple[tuple[SourceReport, ...], tuple[SourceHealth, ...]]:
    """Fetch the feeds. The collector itself limits and retries its requests: Prefect retries nothing here."""

    def work(stopping: Stopping) -> tuple[tuple[SourceReport, ...], tuple[SourceHealth, ...]]:
        with opened(stopping) as context:
            return collect_sources(context, week=week).sources, tuple(source_health(context))

    return await in_thread(work)


@flow(name="collect", flow_run_name=collect_name, persist_result=False, timeout_seconds=_MINUTES * 60 + 60)
@alerting
async def collect() -> State[str]:
    """Fetch every feed that is due, and store what is new."""
    reports, health = await collect_week(None)
    await publish_sources(reports, health)
    bad = [report.name for report in reports if report.outcome in (Outcome.ERROR, Outcome.GONE)]
    line = collected(reports)
    return Completed(message=f"{line}; failed: {', '.join(bad)}" if bad else line)


def collected(reports: Sequence[SourceReport]) -> str:
    """Say how much came."""
    return f"{plural(len(reports), 'source')}, {plural(sum(report.new for report in reports), 'new post')}"
