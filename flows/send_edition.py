"""Flow `send-edition`: send an approved edition, or continue where sending stopped. The store says what is due."""

from __future__ import annotations

import asyncio

from prefect import flow, task
from prefect.client.schemas.objects import State

from digest.errors import DigestError, UsageError
from digest.steps.context import Context
from digest.steps.editing.deadline import keep_deadlines
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.notifying.notify_editors import notify_again
from digest.steps.sending.report import EditionReport, edition_report
from digest.steps.sending.send import send
from digest.steps.sending.sending_run import SendReport
from digest.week import Week
from flows import states
from flows.alerting import alerting
from flows.artifacts import publish_deliveries
from flows.in_thread import Stopping, in_thread
from flows.parameters import Attempt, WeekName
from flows.part_runs import begin, take_back
from flows.run_context import opened
from flows.run_names import rename, send_name

_HOURS = 12  # what is left then, the next run sends


@task(name="send-deliveries", task_run_name="send {week}", timeout_seconds=_HOURS * 3600)
async def send_week(week: Week) -> tuple[SendReport, EditionReport | None]:
    """Send a week. Prefect retries nothing: only the outbox decides what may be tried again."""

    def work(stopping: Stopping) -> tuple[SendReport, EditionReport | None]:
        with opened(stopping) as context:
            report = send(context, week, patient=True, stopping=stopping)
            return report, _results(context, week)

    return await in_thread(work)


def _results(context: Context, week: Week) -> EditionReport | None:
    try:
        return edition_report(context, week)
    except UsageError:  # nothing was sent
        return None


@flow(name="send-edition", flow_run_name=send_name, persist_result=False, timeout_seconds=_HOURS * 3600 + 600)
@alerting
async def send_edition(week: WeekName | None = None, attempt: Attempt = 1) -> State[str]:  # noqa: ARG001 - the server counts
    """Send `week`; without one, every edition, approved or partly sent, that is due."""
    weeks = [Week.parse(week)] if week else await asyncio.to_thread(_weeks_to_send, notifying=True)
    if weeks and not week:
        await rename("send", weeks)
    outcomes: list[tuple[Week, SendReport | DigestError]] = []
    for name in weeks:
        others = await begin("send", name)
        try:
            report, results = await send_week(name)
        except DigestError as error:  # the next edition may still be sent
            outcomes.append((name, error))
            continue
        except TimeoutError:
            outcomes.append((name, DigestError(f"Stopped after {_HOURS} hours.", "The next run continues.")))
            continue
        finally:
            await take_back(others)
        await publish_deliveries(report, results)
        outcomes.append((name, report))
    return states.sent(outcomes)


async def is_due(week: Week) -> bool:
    """Whether the time of `week`, which is approved, has come."""
    return week in await asyncio.to_thread(_weeks_to_send)


def _weeks_to_send(*, notifying: bool = False) -> list[Week]:
    """Return the editions that are due. `notifying` also keeps deadlines of drafts, and mails editors again."""
    with opened() as context:
        if notifying:
            keep_deadlines(context)
            notify_again(context)
        return weeks_to_send(context)
