"""Runs of `share` that do parts of a run's work on other workers: begin them, wait for them, do without them.

The run that begins them does a part itself, and afterwards whatever is missing. So it needs no other worker: parts that
none has begun by then are taken back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from uuid import UUID

from prefect import get_client, runtime
from prefect.client.schemas.objects import StateType
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled

from digest.settings import find_settings_file, load_settings
from digest.week import Week

LOG = logging.getLogger(__name__)

FLOW, DEPLOYMENT = "share", "part"
_POLL_SECONDS = 2.0
_LONGEST_SECONDS = 3600.0  # a part that takes longer is done here as well; nothing is harmed by doing it twice
_WAITING = (StateType.SCHEDULED, StateType.PENDING)


async def begin(work: str, week: Week) -> dict[int, UUID]:
    """Begin a run for each part but the first, as many as `[scale] shares` says. Return the runs by part."""
    settings = load_settings(find_settings_file())
    of = settings.scale.shares
    runs: dict[int, UUID] = {}
    for number in range(2, of + 1):
        try:
            run = await arun_deployment(
                f"{FLOW}/{settings.prefect.named(DEPLOYMENT)}",
                parameters={"work": work, "week": str(week), "number": number, "of": of},
                timeout=0,
                tags=[settings.prefect.tag],
                idempotency_key=f"{runtime.flow_run.id}:{work}:{week}:{number}" if runtime.flow_run.id else None,
            )
        except ObjectNotFound:
            LOG.warning("There is no deployment for [scale] shares: run `digest setup` again. This run works alone.")
            break
        except PrefectHTTPStatusError as error:
            LOG.warning("No run could be begun for part %d: %s.", number, error)
            continue
        runs[number] = run.id
    return runs


async def missing(runs: Mapping[int, UUID]) -> list[int]:
    """Wait for runs that have begun, and take back the others. Return the parts that are not done."""
    if not runs:
        return []
    left = dict(runs)
    not_done: list[int] = []
    until = time.monotonic() + _LONGEST_SECONDS
    await take_back(runs)
    async with get_client() as client:
        while left and time.monotonic() < until:
            for number, run in list(left.items()):
                state = (await client.read_flow_run(run)).state
                if state is None or state.is_final():
                    del left[number]
                    not_done += [] if state is not None and state.is_completed() else [number]
            if left:
                await asyncio.sleep(_POLL_SECONDS)
    return sorted([*not_done, *left])


async def take_back(runs: Mapping[int, UUID]) -> None:
    """Cancel the runs that no worker has begun."""
    if not runs:
        return
    async with get_client() as client:
        for run in runs.values():
            state = (await client.read_flow_run(run)).state
            if state is not None and state.type in _WAITING:
                await client.set_flow_run_state(run, Cancelled(message="its work was done without it"))
