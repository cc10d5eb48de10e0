"""What the form for a run in Prefect asks for, and how it is checked before a run begins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

WeekName = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$",
        description="An ISO week, such as 2019-W12: the edition is named after it.",
        examples=["2019-W12"],
    ),
]
Sends = Annotated[bool, Field(description="Send the edition if it is approved and due. Otherwise only compose it.")]

MOST_ATTEMPTS = 5
Attempt = Annotated[
    int,
    Field(ge=1, le=MOST_ATTEMPTS, description="Counts up by itself when a run whose worker died is begun again."),
]
