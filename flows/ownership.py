"""Whose deployments are on the Prefect server: two newsletters never take each other's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound

from digest.errors import UsageError
from digest.settings import Settings
from digest.settings.slug import PrefectNames

_TAG = "newsletter:"


async def refuse_taken(client: PrefectClient, settings: Settings, deployments: list[RunnerDeployment]) -> None:
    """Raises UsageError if the server has one of these names for another newsletter."""
    names = settings.prefect
    for one in deployments:
        name = f"{one.flow_name}/{one.name}"
        existing = await _read(client, name)
        if existing is None:
            continue
        owners = {tag for tag in existing.tags if tag.startswith(_TAG)}
        if owners and names.tag not in owners:
            owner = min(owners).removeprefix(_TAG)
            raise UsageError(
                f"{name} on this Prefect server belongs to the newsletter {owner!r}.",
                f'Give this one names of its own: slug = "{names.slug}" in [newsletter]. If it is the same newsletter, '
                f'which has a new title: slug = "{owner}".',
            )
        other = Path((existing.job_variables.get("env") or {}).get("DIGEST_CONFIG", ""))
        if other != settings.path and await asyncio.to_thread(
            other.is_file
        ):  # the same title or slug, twice on this machine
            raise UsageError(
                f"{name} on this Prefect server belongs to {other}.",
                "Give this newsletter a slug of its own in [newsletter]; or remove that file, if it moved here.",
            )


async def remove_former(client: PrefectClient, names: PrefectNames, deployments: list[RunnerDeployment]) -> list[str]:
    """Delete this newsletter's deployments from before it had a slug, so that nothing starts twice; a line for each."""
    lines = []
    for one in deployments if names.carried else ():
        name = f"{one.flow_name}/{one.name.removesuffix(f'-{names.slug}')}"
        former = await _read(client, name)
        if former and names.tag in former.tags:
            await client.delete_deployment(former.id)
            lines.append(f"deployment {name}: removed, as it has the slug in its name now")
    return lines


async def _read(client: PrefectClient, name: str) -> DeploymentResponse | None:
    try:
        return await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None
