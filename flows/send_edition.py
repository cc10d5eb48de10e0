"""Flow `send-edition`: send an approved edition, or continue where sending stopped. The store says what is due."""

from __future__ import annotations

import asyncio
import threading

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from digest.errors import DigestError
from digest.steps.editing.deadline import keep_deadlines
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.notifying.notify_editors import notify_again
from digest.steps.sending.send import send
from digest.steps.sending.sending_run import SendReport
from digest.week import Week
from flows.artifacts import publish_deliveries
from flows.run_context import opened

_FAREWELL_SECONDS = 25.0  # Prefect kills after 30


@task(name="send-deliveries", task_run_name="send {week}")
async def send_week(week: Week) -> SendReport:
    """Send a week. Prefect retries nothing: only the outbox decides what may be tried again."""
    stopping = threading.Event()

    def work() -> SendReport:
        with opened() as context:
            return send(context, week, stopping=stopping.is_set)

    sending = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:  # threads get no signals; when this returns, Prefect ends the process
        stopping.set()
        await asyncio.wait({sending}, timeout=_FAREWELL_SECONDS)
        raise


@flow(name="send-edition", persist_result=False)
async def send_edition(week: str | None = None) -> State[str]:
    """Send `week`; without one, every edition, approved or partly sent, that is due."""
    weeks = [Week.parse(week)] if week else await asyncio.to_thread(_weeks_to_send, notifying=True)
    lines, failed = [], False
    for name in weeks:
        try:
            report = await send_week(name)
        except DigestError as error:  # the next edition may still be sent
            lines.append(f"{name}: {error.what}")
            failed = True
            continue
        await publish_deliveries(report)
        remaining = report.queued + report.deferred
        lines.append(
            f"{name}: {report.sent} sent, {report.failed} failed" + (f", {remaining} to go" if remaining else "")
        )
    message = "; ".join(lines) or "nothing to send"
    return Failed(message=message) if failed else Completed(message=message)


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
