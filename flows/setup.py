"""`digest setup`: the work pool, its deployments, and the automations for workers that die. Idempotent."""

from __future__ import annotations

import asyncio

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from digest.settings import Settings
from flows.automations import create_or_update
from flows.ownership import refuse_taken, remove_former
from flows.serve import deployments


def setup(settings: Settings) -> list[str]:
    """Create what is missing and update the rest; return a line for each thing."""
    return asyncio.run(_setup(settings))


async def _setup(settings: Settings) -> list[str]:
    names = settings.prefect
    async with get_client() as client:
        all_deployments = await deployments(settings, work_pool=names.pool)
        await refuse_taken(client, settings, all_deployments)
        lines = [await _pool(client, names.pool)]
        for deployment in all_deployments:
            await deployment.aapply(work_pool_name=names.pool)
            lines.append(f"deployment {deployment.flow_name}/{deployment.name}: on the work pool {names.pool}")
        lines += await remove_former(client, names, all_deployments)
        return [*lines, *await create_or_update(client, names)]


async def _pool(client: PrefectClient, pool: str) -> str:
    try:
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process", description="Digest's flows"))
    except ObjectAlreadyExists:
        return f"work pool {pool}: exists"
    return f"work pool {pool}: created; start a worker with `prefect worker start --pool {pool}`"
