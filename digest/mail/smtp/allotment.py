"""What one of several runs that send at once may use of the connections and rates of `[smtp]`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allotment:
    """One run's part."""

    connections: int  # at most so many messages under way; 0: claim nothing now
    fraction: float = 1.0  # of each rate


NOTHING = Allotment(0)


def split(connections: int, *, place: int, living: int) -> Allotment:
    """Return the part of the run at `place` (from 0) among `living` ones. All parts together are the whole.

    Where there are fewer connections than runs, the last ones have none and wait.
    """
    sharing = min(connections, living)
    if place >= sharing:
        return NOTHING
    each, rest = divmod(connections, sharing)
    return Allotment(each + (place < rest), 1 / sharing)


class SharedWorkers:
    """Which workers of a run may have a connection, while its allotment changes."""

    def __init__(self, allotment: Callable[[], Allotment]) -> None:
        self._allotment = allotment
        self.allotted = NOTHING

    def changed(self) -> bool:
        """Ask for the allotment; whether it has changed."""
        before, self.allotted = self.allotted, self._allotment()
        return self.allotted != before

    def room(self, idle: Collection[int], busy: Collection[int]) -> int:
        """How many of the `idle` workers may get a claim."""
        return max(0, min(len(idle), self.allotted.connections - len(busy)))

    def surplus(self, idle: Sequence[int], connected: Collection[int]) -> list[int]:
        """Return the idle workers whose connections are other runs' by now, those idle longest (the first) first.

        `connected` are all workers that have a connection, or open one.
        """
        too_many = max(0, len(connected) - self.allotted.connections)
        return [worker for worker in idle if worker in connected][:too_many]
