"""Flow `share`: a part of another run's work, on a worker of its own (`[scale] shares`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from digest.errors import DigestError
from digest.steps.part import Part
from digest.steps.sending.sending_run import SendReport
from digest.text import plural
from digest.week import Week
from flows import states
from flows.collect import collected
from flows.parameters import WeekName
from flows.part_runs import FLOW
from flows.parts import collect_one_part, read_one_part
from flows.send_edition import send_week


class Work(StrEnum):
    """What there is to do in parts."""

    COLLECT = "collect"
    READ = "read"
    SEND = "send"


Number = Annotated[int, Field(ge=1, le=64, description="Which part this is, from 1.")]
Of = Annotated[int, Field(ge=1, le=64, description="How many parts there are.")]


def _name() -> str:
    values = runtime.flow_run.parameters
    return f"{values['work']} {values['week']}, part {values['number']} of {values['of']}"


@flow(name=FLOW, flow_run_name=_name, persist_result=False, timeout_seconds=13 * 3600)
async def share(work: Work, week: WeekName, number: Number, of: Of) -> State[str]:
    """Do a part of a week's work. Begun by another run, which does it itself if this one fails."""
    name, part = Week.parse(week), Part(number, of)
    match work:
        case Work.COLLECT:
            reports = await collect_one_part(name, part)
            return Completed(message=collected(reports))
        case Work.READ:
            return Completed(message=f"{plural(await read_one_part(name, part), 'post')} read")
    outcome: SendReport | DigestError
    try:
        outcome, _ = await send_week(name)
    except DigestError as error:
        outcome = error
    return states.sent([(name, outcome)])
