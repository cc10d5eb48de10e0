"""Asking servers whether a link answers: HEAD, else GET.

Visits are the collector's (`digest.collect.fetch`): they keep to its guard, so that no feed can make this machine ask
private networks, and to its manners, so that no host gets many requests at once. robots.txt is not asked: nothing is
read or kept, and a person would open the same page next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from digest.collect.explain_failure import FailureKind, unforeseen
from digest.collect.fetch import PAGES, Client, FetchFailed
from digest.edition.preflight.checks import LinkResult, LinkState
from digest.settings import Settings
from digest.steps.collecting.visits import policy_of

LOG = logging.getLogger(__name__)

EACH = 8.0
"""Seconds for one question to a server; there are at most two."""

_TICK = 0.1  # seconds between two looks at whether to stop
_SEEN = 1_000  # bytes of a page that are read: only whether it is there matters

_TURNED_AWAY = (
    FailureKind.DENIED,
    FailureKind.CHALLENGE,
    FailureKind.BUSY,
    FailureKind.STATUS,
    FailureKind.LOOP,
    FailureKind.ROBOTS,
)
"""Kinds of answers that programs get and subscribers may not. Servers that want a cookie send programs round in
circles."""

_ASKED_AGAIN = (
    *(
        FailureKind.GONE,
        FailureKind.NOT_FOUND,
        FailureKind.DENIED,
        FailureKind.CHALLENGE,
        FailureKind.SERVER,
        FailureKind.STATUS,
    ),
    *(FailureKind.LOOP, FailureKind.BROKEN, FailureKind.TIMEOUT),
)
"""Kinds of answers to HEAD that are no answer to GET: many servers know HEAD badly."""


async def visit_all(
    settings: Settings, addresses: list[str], now: datetime, seconds: float, stop: Callable[[], bool]
) -> dict[str, LinkResult]:
    """What each server said, in `seconds` at most. `stop` is asked meanwhile whether to give up."""
    policy = policy_of(settings)
    async with Client(replace(policy, timeout=min(EACH, policy.timeout), retries=0)) as web:
        so_far: dict[str, LinkResult] = {}
        tasks = {address: asyncio.create_task(_visit(web, address, now, so_far)) for address in addresses}
        loop = asyncio.get_running_loop()
        until, pending = loop.time() + seconds, set(tasks.values())
        while pending and loop.time() < until and not stop():
            _, pending = await asyncio.wait(pending, timeout=_TICK)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    late = LinkResult(LinkState.UNKNOWN, now, f"Not checked: the time for all links ({seconds:g} seconds) was over.")
    return {address: so_far.get(address, late) if task in pending else task.result() for address, task in tasks.items()}


async def _visit(web: Client, address: str, now: datetime, so_far: dict[str, LinkResult]) -> LinkResult:
    try:
        return await _ask(web, address, now, so_far)
    except Exception as error:  # whatever one link raises must not cost the others
        LOG.exception("Checking a link failed unexpectedly.")
        return LinkResult(LinkState.UNKNOWN, now, unforeseen(error))


async def _ask(web: Client, address: str, now: datetime, so_far: dict[str, LinkResult]) -> LinkResult:
    answer = await web.look(address)
    if isinstance(answer, FetchFailed) and answer.kind is FailureKind.TIMEOUT:
        so_far[address] = LinkResult(LinkState.UNREACHABLE, now, answer.reason)
    if isinstance(answer, FetchFailed) and answer.kind in _ASKED_AGAIN:
        answer = await web.fetch(address, accept=PAGES, limit=_SEEN)
    if not isinstance(answer, FetchFailed):
        return LinkResult(LinkState.REACHED, now)
    if answer.kind in (FailureKind.GONE, FailureKind.NOT_FOUND):
        return LinkResult(LinkState.GONE, now, answer.reason)
    if answer.kind in _TURNED_AWAY:
        return LinkResult(LinkState.UNKNOWN, now, answer.reason)
    return LinkResult(LinkState.UNREACHABLE, now, answer.reason)
