"""The list of subscribers over time, as plots and as the rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from digest.steps.subscribers.growth import WeekOfGrowth
from digest.web.desk import plots


def growth_values(weeks: Sequence[WeekOfGrowth]) -> dict[str, Any]:
    """What the templates show of it; `weeks` are oldest first and not empty."""
    names = [str(week.week) for week in weeks]
    active = [week.active for week in weeks]
    joined, left = [week.joined for week in weeks], [week.left for week in weeks]
    return {
        "active": plots.line(f"Active subscribers in each of {len(weeks)} weeks: {plots.in_words(active)}", active),
        "moves": plots.columns(
            f"Joined: {plots.in_words(joined)}. Left: {plots.in_words(left)}. In the last weeks.",
            joined,
            names,
            below=left,
        ),
        "top": max(active),
        "most": max(*joined, *left),
        "first": names[0],
        "last": names[-1],
        "rows": [(str(week.week), week.active, week.joined, week.left) for week in reversed(weeks)],
        "empty": not any(active) and not any(joined) and not any(left),
    }
