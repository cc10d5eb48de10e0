"""Ask web servers whether the page behind a link is there: by HEAD, else by GET.

Requests go through `digest.collect.fetch`. So no link can reach a private network, and no host gets many requests at
once. robots.txt is not consulted: the page is neither read nor stored, and a person would open it next.
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
from digest.steps.collecting.visit_outcomes import policy_of

LOG = logging.getLogger(__name__)

SECONDS_PER_REQUEST = 8.0
"""Time limit for one request; each link takes at most two."""

_TICK = 0.1  # seconds between two calls of `stop`
_BYTES_OF_PAGE = 1_000  # bytes of a page that are read: only whether it is there matters

_REFUSALS = (
    FailureKind.DENIED,
    FailureKind.CHALLENGE,
    FailureKind.BUSY,
    FailureKind.STATUS,
    FailureKind.LOOP,
    FailureKind.ROBOTS,
)
"""Failures that a program may get where a subscriber's browser gets the page. A redirect loop is among them: some
servers redirect clients without their cookie for ever."""

_RETRIED_WITH_GET = (
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
"""Failures of HEAD after which GET is tried: many servers handle HEAD badly."""


async def visit_all(
    settings: Settings, addresses: list[str], now: datetime, seconds: float, stop: Callable[[], bool]
) -> dict[str, LinkResult]:
    """Return the result for each URL, in `seconds` at most. Once `stop` returns True, the rest is given up."""
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
    late = LinkResult(LinkState.UNKNOWN, now, f"Not checked: the time for all links ({seconds:g} seconds) ran out.")
    return {
        address: timeouts.get(address, late) if task in pending else task.result() for address, task in tasks.items()
    }


async def _visit(web: Client, address: str, now: datetime, timeouts: dict[str, LinkResult]) -> LinkResult:
    try:
        return await _request(web, address, now, timeouts)
    except Exception as error:  # whatever one link raises must not cost the others
        LOG.exception("Checking a link failed unexpectedly.")
        return LinkResult(LinkState.UNKNOWN, now, unforeseen(error))


async def _request(web: Client, address: str, now: datetime, timeouts: dict[str, LinkResult]) -> LinkResult:
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
