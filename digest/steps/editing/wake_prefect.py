"""Have Prefect start a run of send-edition/approved at the edition's time, after an approval.

Sending does not depend on it: the store says what is due, and the next scheduled run sends it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from digest.log import for_week
from digest.steps.context import Context
from digest.steps.editing.send_time import planned
from digest.steps.prefect_address import prefect_address
from digest.store import approvals, editions
from digest.week import Week

if TYPE_CHECKING:
    import httpx

LOG = logging.getLogger(__name__)

_FLOW, _DEPLOYMENT = "send-edition", "approved"


@dataclass(frozen=True, slots=True)
class RequestRules:
    """How long Prefect is waited for. An editor is waiting, too."""

    timeout: float = 5.0  # seconds for one request
    attempts: int = 4  # at a request that a busy server refuses
    first_wait: float = 0.5  # seconds before the second attempt; then twice as long each time
    longest: float = 5.0  # seconds for all attempts at one request


_RULES = RequestRules()


def wake(context: Context, week: Week, *, rules: RequestRules = _RULES) -> str:
    """Plan a run, if `PREFECT_API_URL` or a profile names a server that knows the deployment.

    Returns what Prefect will do, as a sentence; "" if no run was planned, or nothing runs it: then the log says so.

    The same approval never starts two runs for the same moment. No run is planned for the newsletter's own time
    (`[schedule] send`): the deployment has a schedule for it.
    """
    address = prefect_address()
    if not address.url:
        return ""
    with context.store.reading() as connection:
        row, approval = editions.find(connection, week), approvals.in_force(connection, week)
    if row is None or approval is None:
        return ""
    begins = planned(context.settings, row, approval)
    if context.settings.schedule.send and row.send_at is None and begins > context.clock():
        return ""
    attempt = f"{approval.revision}:{approval.at.isoformat()}:{begins.isoformat()}"
    name = f"{_FLOW}/{context.settings.prefect.named(_DEPLOYMENT)}"
    import httpx  # late: most commands never talk to Prefect

    try:
        with httpx.Client(
            base_url=address.url, timeout=rules.timeout, trust_env=False, headers=address.headers
        ) as client:
            response = _request(client, rules, "GET", f"/deployments/name/{name}")
            if response.status_code == httpx.codes.NOT_FOUND:
                return ""  # the deployments are not served there: cron or a person sends
            deployment = response.raise_for_status().json()
            run = {
                # Without a week, the run sends what is due by then, even if the editor changes the time meanwhile.
                "parameters": {},
                "idempotency_key": f"send:{week}:{attempt}",
                "state": {
                    "type": "SCHEDULED",
                    "message": f"{week} is approved",
                    "state_details": {"scheduled_time": begins.isoformat()},
                },
            }
            url = f"/deployments/{deployment['id']}/create_flow_run"
            _request(client, rules, "POST", url, run).raise_for_status()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        for_week(LOG, week).warning(
            "Prefect could not be reached (%s); the next run of send-edition sends the edition.", type(error).__name__
        )
        return ""
    moment = f"at {begins:%Y-%m-%d %H:%M} UTC" if begins > context.clock() else "now"
    if deployment.get("paused"):  # this run starts all the same
        for_week(LOG, week).warning("The schedules of %s are paused: run `digest setup` or `digest serve`.", name)
    if deployment.get("status") == "NOT_READY":
        for_week(LOG, week).warning("Prefect has planned to send the edition %s, but %s.", moment, _idle(deployment))
        return ""
    for_week(LOG, week).info("Prefect sends the edition %s.", moment)
    return f"Prefect sends the edition {moment}."


def _idle(deployment: Mapping[str, Any]) -> str:
    """Say who should run a deployment that nobody asks for runs of, and what to do."""
    if pool := deployment.get("work_pool_name"):
        return f"no worker of the pool {pool} is at work: start one with `prefect worker start --pool {pool}`"
    return "`digest serve` is not at work: start it"


class _BusyError(Exception):
    """The server answered 503: its database is busy."""


def _request(client: httpx.Client, rules: RequestRules, method: str, url: str, body: object = None) -> httpx.Response:
    """Return the response. A request that gets 503 is repeated, as Prefect's own client does."""
    import stamina  # late, as httpx

    response = None
    retrying = stamina.retry_context(
        on=_BusyError, attempts=rules.attempts, timeout=rules.longest, wait_initial=rules.first_wait, wait_jitter=0
    )
    with suppress(_BusyError):
        for attempt in retrying:
            with attempt:
                response = client.request(method, url, json=body)
                if response.status_code == 503:  # Service Unavailable
                    raise _BusyError
    assert response is not None
    return response
