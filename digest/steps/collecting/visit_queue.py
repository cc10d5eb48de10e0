"""Which source is visited next. Only so many visits are begun at a time, however many sources there are.

A visit waits for its host, then for a parser, then for the writer. Of one host only a few wait for its answer, so that
a slow one with hundreds of feeds leaves room for the others; hosts take turns. What has arrived and is not yet stored
counts by its bytes, so that large feeds do not pile up before the parsers.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

Arrived = Callable[[int], None]
"""To be called when the host has answered, with the bytes that are held until the visit ends."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much is under way at a time."""

    visits: int
    per_host: int  # that wait for the answer of one host
    bytes_held: int = 32_000_000  # from which on no visit is begun


async def visit_all(
    sources: Sequence[T], visit: Callable[[T, Arrived], Awaitable[R]], *, host: Callable[[T], Hashable], room: Room
) -> list[R]:
    """Visit each source; return the results in the order of the sources. Raises the first error of a visit."""
    queue = _Queue(sources, host, room)
    results: dict[int, R] = {}

    async def one(at: int) -> None:
        try:
            results[at] = await visit(sources[at], lambda size: queue.arrived(at, size))
        finally:
            queue.done(at)

    try:
        async with asyncio.TaskGroup() as group:
            while (following := await queue.next()) is not None:
                group.create_task(one(following))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [results[at] for at in range(len(sources))]


class _Queue(Generic[T]):
    """Sources by their places in the list."""

    def __init__(self, sources: Sequence[T], host: Callable[[T], Hashable], room: Room) -> None:
        self._room = room
        self._hosts = [host(source) for source in sources]
        self._waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for at, of in enumerate(self._hosts):
            self._waiting[of].append(at)
        self._ready = deque(self._waiting)  # hosts that have a source waiting and room for its visit
        self._asking: Counter[Hashable] = Counter()  # visits that wait for their host
        self._held: dict[int, int] = {}  # bytes of visits whose host has answered
        self._bytes = 0
        self._under_way = 0
        self._left = len(self._hosts)
        self._changed = asyncio.Event()

    async def next(self) -> int | None:
        """Wait for room, and take a source; None after the last one."""
        while self._left:
            if self._ready and self._has_room:
                return self._take(self._ready.popleft())
            self._changed.clear()
            await self._changed.wait()
        return None

    @property
    def _has_room(self) -> bool:
        return self._under_way < self._room.visits and self._bytes < self._room.bytes_held

    def _take(self, host: Hashable) -> int:
        at = self._waiting[host].popleft()
        self._left -= 1
        self._under_way += 1
        self._asking[host] += 1
        if self._waiting[host] and self._asking[host] < self._room.per_host:
            self._ready.append(host)
        return at

    def arrived(self, at: int, size: int) -> None:
        """The host has answered: the next one of its sources may be visited. Counts once for each visit."""
        if at in self._held:
            return
        self._held[at] = size
        self._bytes += size
        host = self._hosts[at]
        if self._waiting[host] and self._asking[host] == self._room.per_host:
            self._ready.append(host)
        self._asking[host] -= 1
        self._changed.set()

    def done(self, at: int) -> None:
        self.arrived(at, 0)
        self._bytes -= self._held.pop(at)
        self._under_way -= 1
        self._changed.set()
