"""What the suites return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scored:
    """A quality suite's result: how many cases, and the scores in the shape that the suite documents."""

    n: int
    scores: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `ratio` above 1 means that ours is ahead, whichever way the unit counts."""

    what: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    unit: str
