"""Flow `alerts`: look for what is wrong, and tell it. Hourly, so that it is found when nothing else runs."""

from __future__ import annotations

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from digest.steps.alerting.after_run import look
from digest.steps.alerting.notify import AlertReport
from flows.run_context import opened


@flow(name="alerts", persist_result=False)
async def alerts() -> State[str]:
    """List what is wrong. The run fails only if it could not be told."""
    report = await asyncio.to_thread(_look)
    lines = [*(record.alert.what for record in report.alerts), *report.failures]
    message = " ".join(lines) or "Nothing is wrong."
    return Failed(message=message) if report.failures else Completed(message=message)


def _look() -> AlertReport:
    with opened() as context:
        return look(context)
