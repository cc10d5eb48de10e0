"""Collect and read a week in parts, on several workers (`[scale] shares`)."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from prefect import task

from digest.model import SourceReport
from digest.steps.collecting.collect import collect, finish_parts
from digest.steps.collecting.source_health import SourceHealth, source_health
from digest.steps.composing.read_part import fetch_week, read_part
from digest.steps.part import Part
from digest.store.posts import new_since
from digest.store.sources import reports_of
from digest.week import Week
from flows.in_thread import Stopping, in_thread
from flows.part_runs import begin, missing
from flows.run_context import opened

_MINUTES = 50
_CLOCKS = timedelta(minutes=1)  # how far machines' clocks may differ


@task(name="collect-part", task_run_name="collect {week}, part {part}", timeout_seconds=_MINUTES * 60)
async def collect_one_part(week: Week, part: Part) -> tuple[SourceReport, ...]:
    """Fetch the feeds of a part's hosts."""

    def work(stopping: Stopping) -> tuple[SourceReport, ...]:
        with opened(stopping) as context:
            return collect(context, week=week, part=part).sources

    return await in_thread(work)


@task(name="finish-collecting", task_run_name="finish collecting {week}", timeout_seconds=_MINUTES * 60)
async def finish_collecting(
    week: Week, own: tuple[SourceReport, ...], seconds: float
) -> tuple[tuple[SourceReport, ...], tuple[SourceHealth, ...]]:
    """Merge copies. Return the `own` reports, and from the store others of the last `seconds`."""

    def work(stopping: Stopping) -> tuple[tuple[SourceReport, ...], tuple[SourceHealth, ...]]:
        with opened(stopping) as context:
            finish_parts(context, week)
            names = [source.name for source in context.settings.sources if source.active]
            with context.store.reading() as connection:
                new = new_since(connection, context.clock() - timedelta(seconds=seconds) - _CLOCKS)
                known = {one.name: replace(one, new=new.get(one.name, 0)) for one in reports_of(connection, names)}
            known |= {report.name: report for report in own}
            return tuple(known[name] for name in names if name in known), tuple(source_health(context))

    return await in_thread(work)


@task(name="fetch-pages", task_run_name="fetch pages {week}", timeout_seconds=3600)
async def fetch_pages_of(week: Week) -> int:
    """Fetch the pages of the week's posts, on this worker alone: they are of few hosts, each with a limit."""

    def work(stopping: Stopping) -> int:
        with opened(stopping) as context:
            return fetch_week(context, week)

    return await in_thread(work)


@task(name="read-part", task_run_name="read {week}, part {part}", timeout_seconds=3600)
async def read_one_part(week: Week, part: Part) -> int:
    """Read the posts of a part's sources, in batches of 40."""

    def work(stopping: Stopping) -> int:
        with opened(stopping) as context:
            return read_part(context, week, part)

    return await in_thread(work)


async def collect_in_parts(week: Week, shares: int) -> tuple[tuple[SourceReport, ...], tuple[SourceHealth, ...]]:
    """As `collect_week`, with other workers."""
    started = time.monotonic()
    runs = await begin("collect", week)
    reports = await collect_one_part(week, Part(1, shares))
    for number in await missing(runs) if runs else range(2, shares + 1):
        reports += await collect_one_part(week, Part(number, shares))
    return await finish_collecting(week, reports, time.monotonic() - started)


async def read_in_parts(week: Week, shares: int) -> None:
    """Read the week's posts with other workers. What is missing afterwards, composing reads."""
    if await fetch_pages_of(week):
        runs = await begin("read", week)
        await read_one_part(week, Part(1, shares))
        await missing(runs)
