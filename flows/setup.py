"""`digest setup`: the work pool, its deployments, and the automation that restarts a crashed send. Idempotent."""

from __future__ import annotations

import asyncio
from uuid import UUID

from prefect.automations import Automation, EventTrigger, RunDeployment
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.events.schemas.automations import Posture
from prefect.exceptions import ObjectAlreadyExists

from digest.settings import Settings
from flows.send_edition import send_edition
from flows.serve import RETRY, deployments

POOL = "digest"
RERUN = "Digest: go on with a send that crashed"


def setup(settings: Settings) -> list[str]:
    """Create what is missing and update the rest; return a line for each thing."""
    return asyncio.run(_setup(settings))


async def _setup(settings: Settings) -> list[str]:
    lines = [await _pool()]
    identities: dict[str, UUID] = {}
    for deployment in await deployments(settings, work_pool=POOL):
        name = f"{deployment.flow_name}/{deployment.name}"
        identities[name] = await deployment.aapply(work_pool_name=POOL)
        lines.append(f"deployment {name}: on the work pool {POOL}")
    lines.append(await _rerun(identities[f"{send_edition.name}/{RETRY}"]))
    return lines


async def _pool() -> str:
    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", description="Digest's flows"))
        except ObjectAlreadyExists:
            return f"work pool {POOL}: exists"
    return f"work pool {POOL}: created; start a worker with `prefect worker start --pool {POOL}`"


async def _rerun(retry: UUID) -> str:
    """Set up an automation that restarts a crashed send at once, without waiting for the schedule."""
    rerun = Automation(
        name=RERUN,
        description="Starts send-edition/retry, which continues where sending stopped.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": send_edition.name},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[RunDeployment(source="selected", deployment_id=retry, parameters={})],
    )
    async with get_client() as client:
        existing = [automation for automation in await client.read_automations() if automation.name == RERUN]
        for automation in existing[1:]:
            await client.delete_automation(automation.id)
        if existing:
            await client.update_automation(existing[0].id, rerun)
            return f"automation “{RERUN}”: updated"
    await rerun.acreate()
    return f"automation “{RERUN}”: created"
