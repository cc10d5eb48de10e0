"""Waking Prefect after an approval: a run of send-edition/approved. Only a wake-up: without it the next run sends."""

from __future__ import annotations

import os

from digest.steps.context import Context

_SECONDS = 5.0
_DEPLOYMENT = "send-edition/approved"


def wake(context: Context, week: str, attempt: str) -> bool:
    """Start a run where `PREFECT_API_URL` names a server that knows the deployment; False where not.

    `attempt` is the approval's own: the same approval never starts two runs.
    """
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url or context.settings.schedule.send:
        return False
    import httpx  # late: most commands never talk to Prefect

    key = os.environ.get("PREFECT_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with httpx.Client(base_url=url, timeout=_SECONDS, trust_env=False, headers=headers) as client:
            answer = client.get(f"/deployments/name/{_DEPLOYMENT}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return False  # nobody serves the deployments there: sending is for cron or by hand
            found = answer.raise_for_status().json()
            run = {
                "parameters": {"week": week},
                "idempotency_key": f"send:{week}:{attempt}",
                "state": {"type": "SCHEDULED", "message": "approved"},
            }
            client.post(f"/deployments/{found['id']}/create_flow_run", json=run).raise_for_status()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        context.report(
            f"{week}: Prefect was not woken ({type(error).__name__}); the next run of send-edition sends it."
        )
        return False
    context.report(f"{week}: Prefect was woken to send it.")
    return True
