"""Flow `alerts`: look for what is wrong, and tell it. Hourly, so that it is found when nothing else runs."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from digest.clock import clock_from_environment
from digest.settings import find_settings_file, load_settings
from digest.steps.alerting.after_run import look
from digest.steps.alerting.notify import AlertReport
from digest.steps.alerting.unusable_store import saying_so
from flows.in_thread import Stopping, in_thread
from flows.run_context import opened
from flows.run_names import alerts_name

_MINUTES = 30  # the next hourly run must not find this one at work


@flow(name="alerts", flow_run_name=alerts_name, persist_result=False, timeout_seconds=_MINUTES * 60)
async def alerts() -> State[str]:
    """List what is wrong. The run fails only if it could not be told."""
    report = await in_thread(_look)
    lines = [*(record.alert.what for record in report.alerts), *report.failures]
    message = " ".join(lines) or "Nothing is wrong."
    return Failed(message=message) if report.failures else Completed(message=message)


def _look(stopping: Stopping) -> AlertReport:
    with saying_so(load_settings(find_settings_file()), clock_from_environment()), opened(stopping) as context:
        return look(context)
