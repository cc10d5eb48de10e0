"""What a Prefect server does by itself when a worker dies: it ends the run, and begins it again on another worker.

A run of ours sends a sign of life every 30 seconds, the shortest time that Prefect allows. A run that has sent none for
50 seconds ends as Crashed. Whatever crashes is begun again with the same parameters, at most five times: the attempt
is one of them, and the server refuses the sixth. If the run lives after all, the second one finds its lease taken.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect.automations import Automation, ChangeFlowRunState, EventTrigger, RunDeployment
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.automations import Posture

from digest.settings.slug import PrefectNames

HEARTBEAT_SECONDS = 30
SILENCE = timedelta(seconds=50)
ENVIRONMENT = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS), "DO_NOT_TRACK": "1"}
"""What the processes of runs need in their environment."""

_SILENT = "The worker died: there was no sign of life for 50 seconds."
_RUN = {"prefect.resource.id": "prefect.flow-run.*"}
_BEGUN_AGAIN = ("weekly-digest", "send-edition")


def automations(names: PrefectNames) -> list[Automation]:
    """Return both, for the runs of one newsletter."""
    of_newsletter = {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{names.tag}"}
    flows: dict[str, Any] = {"prefect.resource.role": "flow", "prefect.resource.name": list(_BEGUN_AGAIN)}
    crash = Automation(
        name=names.automations[0],
        description="A run that has sent no sign of life for 50 seconds ends as Crashed.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},  # the next sign of life, or the run's end
            match=_RUN,
            match_related=of_newsletter,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=_SILENT)],
    )
    again = Automation(
        name=names.automations[1],
        description="The same deployment with the same parameters; it continues where the crashed run stopped.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match=_RUN,
            match_related=[of_newsletter, flows],
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[RunDeployment(source="inferred", parameters=_SAME)],
    )
    return [crash, again]


_SAME = {
    "__prefect_kind": "json",
    "value": {
        "__prefect_kind": "jinja",
        "template": """{
            {% for key, value in flow_run.parameters.items() if key != "attempt" %}
            {{ key | tojson }}: {{ value | tojson }},
            {% endfor %}
            "attempt": {{ (flow_run.parameters.attempt or 1) + 1 }}
        }""",
    },
}

_OUTDATED = "Digest: go on with a send that crashed"


async def create_or_update(client: PrefectClient, names: PrefectNames) -> list[str]:
    """Make both automations, or bring those that exist up to date; return a line for each."""
    existing = await client.read_automations()
    lines = []
    both = automations(names)
    for one in both:
        same = [other for other in existing if other.name == one.name]
        for surplus in same[1:]:
            await client.delete_automation(surplus.id)
        if same:
            await client.update_automation(same[0].id, one)
        else:
            await one.acreate()
        lines.append(f"automation “{one.name}”: {'updated' if same else 'created'}")
    for other in existing:
        if other.name == names.titled(_OUTDATED):
            await client.delete_automation(other.id)
            lines.append(f"automation “{other.name}”: removed, as the others replace it")
    return lines
