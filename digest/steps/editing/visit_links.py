"""Asking servers whether a link answers: HEAD, else GET.

Visits are the collector's (`digest.collect.fetch`): they keep to its guard, so that no feed can make this machine ask
private networks, and to its manners, so that no host gets many requests at once. robots.txt is not asked: nothing is
read or kept, and a person would open the same page next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import PAGES, Client, FetchFailed
from digest.edition.preflight.checks import LinkResult, LinkState
from digest.settings import Settings
from digest.steps.collecting.visits import policy_of

SECONDS_PER_REQUEST = 8.0
"""Seconds for one question to a server; there are at most two."""

_TICK = 0.1  # seconds between two looks at whether to stop
_BYTES_OF_PAGE = 1_000  # bytes of a page that are read: only whether it is there matters

_REFUSALS = (FailureKind.DENIED, FailureKind.BUSY, FailureKind.STATUS, FailureKind.LOOP, FailureKind.ROBOTS)
"""Kinds of answers that programs get and subscribers may not. Servers that want a cookie send programs round in
circles."""

_RETRIED_WITH_GET = (
    *(FailureKind.GONE, FailureKind.NOT_FOUND, FailureKind.DENIED, FailureKind.SERVER, FailureKind.STATUS),
    *(FailureKind.LOOP, FailureKind.BROKEN, FailureKind.TIMEOUT),
)
"""Kinds of answers to HEAD that are no answer to GET: many servers know HEAD badly."""


async def visit_all(
    settings: Settings, addresses: list[str], now: datetime, seconds: float, stop: Callable[[], bool]
) -> dict[str, LinkResult]:
    """What each server said, in `seconds` at most. `stop` is asked meanwhile whether to give up."""
    policy = policy_of(settings)
    async with Client(replace(policy, timeout=min(SECONDS_PER_REQUEST, policy.timeout), retries=0)) as web:
        timeouts: dict[str, LinkResult] = {}
        tasks = {address: asyncio.create_task(_visit(web, address, now, timeouts)) for address in addresses}
        loop = asyncio.get_running_loop()
        until, pending = loop.time() + seconds, set(tasks.values())
        while pending and loop.time() < until and not stop():
            _, pending = await asyncio.wait(pending, timeout=_TICK)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    late = LinkResult(LinkState.UNKNOWN, now, f"Not checked: the time for all links ({seconds:g} seconds) was over.")
    return {
        address: timeouts.get(address, late) if task in pending else task.result() for address, task in tasks.items()
    }


async def _visit(web: Client, address: str, now: datetime, timeouts: dict[str, LinkResult]) -> LinkResult:
    response = await web.look(address)
    if isinstance(response, FetchFailed) and response.kind is FailureKind.TIMEOUT:
        timeouts[address] = LinkResult(LinkState.UNREACHABLE, now, response.reason)
    if isinstance(response, FetchFailed) and response.kind in _RETRIED_WITH_GET:
        response = await web.fetch(address, accept=PAGES, limit=_BYTES_OF_PAGE)
    if not isinstance(response, FetchFailed):
        return LinkResult(LinkState.REACHED, now)
    if response.kind in (FailureKind.GONE, FailureKind.NOT_FOUND):
        return LinkResult(LinkState.GONE, now, response.reason)
    if response.kind in _REFUSALS:
        return LinkResult(LinkState.UNKNOWN, now, response.reason)
    return LinkResult(LinkState.UNREACHABLE, now, response.reason)
