"""Politeness towards hosts: how many requests at once, and how far apart they start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

LONGEST_SPACING = 10.0
"""Seconds. A Crawl-delay beyond it would stop a weekly run for hours; it is kept to this."""


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    spacing: float
    free_at: float = 0.0  # the loop's time at which the next request may start


class Hosts:
    """One queue per host (scheme, name and port). `spacing` is in seconds between the starts of two requests."""

    def __init__(self, *, total: int, per_host: int, spacing: float) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._spacing = spacing
        self._hosts: dict[str, _Host] = {}

    def slow_down(self, origin: str, seconds: float, *, own: bool) -> None:
        """Keep at least so many seconds between requests to this host from now on."""
        host = self._host(origin, own=own)
        host.spacing = max(host.spacing, min(seconds, LONGEST_SPACING))

    @asynccontextmanager
    async def turn(self, origin: str, *, own: bool) -> AsyncIterator[None]:
        """Wait for this host's turn, and hold it. The operator's own machines need no spacing."""
        host = self._host(origin, own=own)
        async with host.slots:
            now = asyncio.get_running_loop().time()
            start = max(now, host.free_at)
            host.free_at = start + host.spacing
            if start > now:
                await asyncio.sleep(start - now)
            async with self._total:
                yield

    def _host(self, origin: str, *, own: bool) -> _Host:
        host = self._hosts.get(origin)
        if host is None:
            host = _Host(asyncio.Semaphore(self._per_host), 0.0 if own else self._spacing)
            self._hosts[origin] = host
        return host
