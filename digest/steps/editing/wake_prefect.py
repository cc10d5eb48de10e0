"""Waking Prefect after an approval: a run of send-edition/approved, at the edition's time.

Only a wake-up: what is due is in the store, and without it the next run sends.
"""

from __future__ import annotations

import logging
import math
import os
import time
from typing import TYPE_CHECKING

from digest.log import for_week
from digest.steps.context import Context
from digest.steps.editing.send_time import planned
from digest.store import approvals, editions

if TYPE_CHECKING:
    import httpx

LOG = logging.getLogger(__name__)

_SECONDS = 5.0
_BUSY = (0.5, 1.0, 2.0)  # seconds between tries where the server is busy
_ALL = 10.0  # seconds after which it is not asked again: an editor is waiting
_DEPLOYMENT = "send-edition/approved"


def wake(context: Context, week: str) -> str:
    """Plan a run where `PREFECT_API_URL` names a server that knows the deployment.

    Returns what Prefect will do, as a sentence; "" where no run was planned.

    The same approval never starts two runs for the same moment. At the newsletter's own time for sending (`[schedule]
    send`), the deployment's schedule wakes.
    """
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url:
        return ""
    with context.store.reading() as connection:
        row, approval = editions.find(connection, week), approvals.in_force(connection, week)
    if row is None or approval is None:
        return ""
    begins = planned(context.settings, row, approval)
    if context.settings.schedule.send and row.send_at is None and begins > context.clock():
        return ""
    attempt = f"{approval.revision}:{approval.at.isoformat()}:{begins.isoformat()}"
    import httpx  # late: most commands never talk to Prefect

    key = os.environ.get("PREFECT_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with httpx.Client(base_url=url, timeout=_SECONDS, trust_env=False, headers=headers) as client:
            until = time.monotonic() + _ALL
            answer = _asked(client, until, "GET", f"/deployments/name/{_DEPLOYMENT}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return ""  # nobody serves the deployments there: sending is for cron or by hand
            found = answer.raise_for_status().json()
            run = {
                # No week: the run sends what is due then, also when the editor has chosen another moment meanwhile.
                "parameters": {},
                "idempotency_key": f"send:{week}:{attempt}",
                "state": {
                    "type": "SCHEDULED",
                    "message": f"{week} is approved",
                    "state_details": {"scheduled_time": begins.isoformat()},
                },
            }
            _asked(client, until, "POST", f"/deployments/{found['id']}/create_flow_run", run).raise_for_status()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        for_week(LOG, week).warning(
            "Prefect could not be reached (%s); the next run of send-edition sends the edition.", type(error).__name__
        )
        return ""
    moment = f"at {begins:%Y-%m-%d %H:%M} UTC" if begins > context.clock() else "now"
    for_week(LOG, week).info("Prefect sends the edition %s.", moment)
    return f"Prefect sends the edition {moment}."


def _asked(client: httpx.Client, until: float, method: str, url: str, body: object = None) -> httpx.Response:
    """The answer. A server whose database is busy says 503 and is asked again, as Prefect's own client does."""
    waits = iter(_BUSY)
    while True:
        answer = client.request(method, url, json=body)
        wait = next(waits, math.inf)
        if answer.status_code != 503 or time.monotonic() + wait > until:  # Service Unavailable
            return answer
        time.sleep(wait)
