"""One part of work that several machines do: which sources or posts are in it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number`, from 1, `of` so many."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number} of {self.of}"


WHOLE = Part(1, 1)


def in_part(things: Sequence[T], part: Part, *, group: Callable[[T], str]) -> list[T]:
    """Return the things of a part, in their order. Things of one group are in one part; parts are about equal.

    Every machine finds the same parts, as long as it is given the same things.
    """
    if part == WHOLE:
        return list(things)
    sizes: defaultdict[str, int] = defaultdict(int)
    for thing in things:
        sizes[group(thing)] += 1
    loads = [0] * part.of
    own_groups: set[str] = set()
    for name in sorted(sizes, key=lambda one: (-sizes[one], one)):  # the largest groups first
        lightest = loads.index(min(loads))
        loads[lightest] += sizes[name]
        if lightest == part.number - 1:
            own_groups.add(name)
    return [thing for thing in things if group(thing) in own_groups]
