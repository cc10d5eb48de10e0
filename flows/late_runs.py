"""Runs that start late, all at once, when a worker comes back: the newest composes, and the others leave it to it."""

from __future__ import annotations

from datetime import datetime

from prefect import get_client, runtime
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Scheduled

from digest.clock import system_clock
from digest.week import Week

_UNDER_WAY = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]


async def newer_run_waits(planned: datetime) -> bool:
    """Whether a run of this deployment that was planned later than this one, `planned`, has begun or is about to."""
    if not runtime.deployment.id:
        return False
    query = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[runtime.deployment.id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNDER_WAY)),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=planned, before_=system_clock()),
    )
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=query)
    return any(
        run.expected_start_time and run.expected_start_time > planned and not run.parameters.get("week") for run in runs
    )


async def run_again(week: Week, moment: datetime, *, send: bool) -> None:
    """Plan a run of this deployment for `moment`, once for each week and moment."""
    if not runtime.deployment.id:
        return
    async with get_client() as client:
        await client.create_flow_run_from_deployment(
            runtime.deployment.id,
            parameters={"send": send},
            state=Scheduled(scheduled_time=moment),
            idempotency_key=f"holiday:{week}:{moment.isoformat()}",
        )
