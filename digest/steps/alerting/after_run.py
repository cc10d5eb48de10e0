"""The end of each run: tell what is wrong, and let the outside watchdog know that a run went well.

The watchdog misses the heartbeat where nothing runs any more, and also where something is wrong and nobody can be told.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from digest.errors import DigestError
from digest.steps.alert_channels import has_channel, heartbeat_url
from digest.steps.alerting.notify import AlertReport, check_alerts
from digest.steps.alerting.web_request import ask
from digest.steps.context import Context

LOG = logging.getLogger(__name__)


def after_run(context: Context, *, went_well: bool) -> None:
    """Tell what is wrong, and send the heartbeat if the run went well. A failure is logged, not raised."""
    try:
        report = check_alerts(context) if has_channel(context.settings) else AlertReport(())
        if went_well and (reason := _send_heartbeat(context, report)):
            LOG.warning("%s", reason)
    except DigestError as error:
        LOG.warning("It could not be checked whether something is wrong: %s", error.what)
    except Exception:  # a fault in here must not make a good run fail; the watchdog misses the heartbeat
        LOG.exception("It could not be checked whether something is wrong.")


def look(context: Context) -> AlertReport:
    """The same as a run of its own: tell what is wrong, and send the heartbeat. Raises DigestError."""
    report = check_alerts(context)
    reason = _send_heartbeat(context, report)
    return replace(report, failures=(*report.failures, reason)) if reason else report


def _send_heartbeat(context: Context, report: AlertReport) -> str:
    """Tell the watchdog that a run went well, if there is one. Return why it could not be told; "" if it was.

    It is not told where somebody should have been told something and could not be.
    """
    url = "" if report.failures else heartbeat_url(context.settings)
    reason = ask(url, user_agent=context.settings.user_agent) if url else ""
    return f"The watchdog of [alerts] heartbeat_url got no heartbeat: {reason}." if reason else ""
