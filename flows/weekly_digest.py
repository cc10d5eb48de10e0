"""Flow `weekly-digest`: from feeds to a draft, and on to the subscribers if settings allow it.

It is safe to run a week twice: every step asks the store what is done already. Approval is in the store, never in a
suspended run.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect import flow, runtime, task

from digest.model import Edition, EditionStatus
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve_automatically
from digest.steps.run import announce
from digest.steps.status import status as status_of
from digest.steps.weeks import week_for
from digest.week import Week
from flows.artifacts import publish_edition, publish_sources
from flows.collect import collect_week
from flows.run_context import opened
from flows.send_edition import is_due, send_edition


@task(name="compose-edition", task_run_name="compose {week}", retries=1, retry_delay_seconds=10)
async def compose_week(week: Week, due: datetime | None = None) -> tuple[Edition, EditionStatus]:
    """Read, summarise, place and compose. Retried once, in case the database or disk failed for a moment."""

    def work() -> tuple[Edition, EditionStatus]:
        with opened() as context:
            composed = compose(context, week)
            status = composed.status
            if status is EditionStatus.DRAFT and approve_automatically(context, week, due=due):
                status = EditionStatus.APPROVED
            announce(context, composed.edition, status)
            return composed.edition, status

    return await asyncio.to_thread(work)


@flow(name="weekly-digest", persist_result=False)
async def weekly_digest(week: str | None = None, send: bool = True) -> str:
    """Collect and compose `week` (default: the last one that had closed at the scheduled time); send if approved.

    Return the edition's status. A run that ends with a draft is complete. If no person has named the week, the edition
    is sent only when it is due, and not by a run that starts too late.
    """
    due = runtime.flow_run.scheduled_start_time
    with opened() as context:
        name = week_for(context.settings, Week.parse(week) if week else None, due or context.clock())
    await publish_sources(await collect_week(name))
    edition, status = await compose_week(name, None if week else due)
    await publish_edition(edition, status.value)
    if send and status in (EditionStatus.APPROVED, EditionStatus.SENDING) and (week or await is_due(name)):
        await send_edition(str(name))
        with opened() as context:
            status = status_of(context, name).status or status
    return status.value
