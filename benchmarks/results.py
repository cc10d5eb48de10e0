"""What the suites return."""

from __future__ import annotations

from collections.abc import Sequence
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
    spread: tuple[float, float] | None = None
    """Our lowest and highest figure, where there are several rounds."""


class PeerMissingError(RuntimeError):
    """What a suite measures against is not installed here."""


def spread(rounds: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest figure of the rounds."""
    return min(rounds), max(rounds)
