"""Flow `weekly-digest`: from feeds to a draft, and on to the subscribers if settings allow it.

It is safe to run a week twice: every step asks the store what is done already. Approval is in the store, never in a
suspended run.
"""

from __future__ import annotations

from datetime import datetime

from prefect import flow, runtime, task
from prefect.client.schemas.objects import State

from digest.model import Edition, EditionStatus
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve_automatically
from digest.steps.run import announce
from digest.steps.scheduled import is_there, late_reason, reason_to_wait
from digest.steps.status import status as status_of
from digest.steps.weeks import refuse_open, week_for
from digest.week import Week
from flows import states
from flows.alerting import alerting
from flows.artifacts import publish_edition, publish_sources
from flows.collect import collect_week
from flows.in_thread import Stopping, in_thread
from flows.late_runs import newer_run_waits, run_again
from flows.parameters import Attempt, Sends, WeekName
from flows.parts import collect_in_parts, read_in_parts
from flows.run_context import opened
from flows.run_names import rename, weekly_name
from flows.send_edition import is_due, send_edition


@task(name="compose-edition", task_run_name="compose {week}", retries=1, retry_delay_seconds=10, timeout_seconds=3600)
async def compose_week(week: Week, due: datetime | None = None) -> tuple[Edition, EditionStatus, str]:
    """Read, summarise, place and compose. Retried once, in case the database or disk failed for a moment.

    Return the edition, its status and what happens next.
    """

    def work(stopping: Stopping) -> tuple[Edition, EditionStatus, str]:
        with opened(stopping) as context:
            composed = compose(context, week, patient=True)
            status = composed.status
            if status is EditionStatus.DRAFT and approve_automatically(context, week, due=due):
                status = EditionStatus.APPROVED
            announce(context, composed.edition, status)
            return composed.edition, status, status_of(context, week).next

    return await in_thread(work)


@flow(name="weekly-digest", flow_run_name=weekly_name, persist_result=False, timeout_seconds=16 * 3600)
@alerting
async def weekly_digest(week: WeekName | None = None, send: Sends = True, attempt: Attempt = 1) -> State[str]:  # noqa: ARG001 - the server counts
    """Collect and compose `week` (default: the last one that has closed, however late the run); send if approved.

    A run that ends with a draft is complete. If no person has named the week, the edition is sent only when it is due,
    and not by a run that starts too late.
    """
    due = runtime.flow_run.scheduled_start_time
    with opened() as context:
        settings = context.settings
        name = week_for(settings, Week.parse(week) if week else None, context.clock())
        refuse_open(context, name)
        late = late_reason(context, due, name) if due and not week else ""
        there = is_there(context, name)
        waits = None if week else reason_to_wait(context, name)
    if not week:
        if late and (there or await newer_run_waits(due)):
            return states.skipped(late)
        await rename("weekly", [name])
    if waits is not None:
        if waits.until is not None:
            await run_again(name, waits.until, send=send)
        return states.skipped(waits.sentence)
    if (shares := settings.scale.shares) > 1:
        await publish_sources(*await collect_in_parts(name, shares))
        await read_in_parts(name, shares)
    else:
        await publish_sources(*await collect_week(name))
    edition, status, then = await compose_week(name, None if week else due)
    await publish_edition(settings, edition, status.value)
    ready = send and status in (EditionStatus.APPROVED, EditionStatus.SENDING)
    if ready and (week or await is_due(name)):
        state = await send_edition(str(name), return_state=True)
        return State[str](type=state.type, name=state.name, message=state.message)
    return states.composed(edition, status, then)
