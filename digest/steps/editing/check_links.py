"""Check the links in an edition's mail. Results are stored and used again while they are fresh.

    addresses ─stored and fresh▶ LinkResult…
              └the others─`digest.steps.editing.visit_links`▶ LinkResult… ─one row each▶ the store

The audit trail has a summary of each check, so that it shows what was known when the edition was approved.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.edition.preflight.checks import LinkResult, LinkResults, LinkState
from digest.log import for_week
from digest.model import AuditEvent
from digest.steps.context import Context
from digest.store import audit, link_checks
from digest.store.link_checks import LinkCheckRow
from digest.text import plural
from digest.week import Week

LOG = logging.getLogger(__name__)

RESULT_VALID_FOR = timedelta(minutes=15)
"""How long the result of a link check is used: at the desk, for an approval, and before sending."""

SECONDS_FOR_ALL_LINKS = 20.0
"""Time limit for checking all links of an edition. Links that were not reached by then are reported as unknown."""


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """What is known about the links in a mail."""

    addresses: tuple[str, ...]  # the URLs of all links
    results: LinkResults  # of those that were checked
    fresh: bool  # every link was checked less than RESULT_VALID_FOR ago

    @property
    def at(self) -> datetime | None:
        """The time of the oldest result; None if there are no results."""
        return min((result.at for result in self.results.values()), default=None)

    @property
    def reached(self) -> int:
        return sum(result.state is LinkState.REACHED for result in self.results.values())


def known_links(context: Context, week: Week, addresses: Iterable[str]) -> LinkCheck:
    """Return the stored results for these links. Does not use the network."""
    with context.store.reading() as connection:
        stored = _stored_results(connection, week)
    return _check(addresses, stored, context.clock())


def check_links(
    context: Context,
    week: Week,
    addresses: Iterable[str],
    *,
    by: str = "digest",
    again: bool = False,
    seconds: float = SECONDS_FOR_ALL_LINKS,
    stop: Callable[[], bool] = lambda: False,
) -> LinkCheck:
    """Check the links that have no fresh result, or all of them with `again`, and store the results.

    Takes `seconds` at most; links that were not reached by then count as unknown.
    `stop` is called meanwhile: once it returns True, the check ends and stores nothing.
    """
    addresses = tuple(addresses)
    with context.store.reading() as connection:
        stored = _stored_results(connection, week)
    now = context.clock()
    to_check = [address for address in addresses if again or not _is_fresh(stored.get(address), now)]
    if not to_check:
        return _check(addresses, stored, now)
    for_week(LOG, week).info("Checking %s, for at most %g seconds.", plural(len(to_check), "link"), seconds)
    from digest.steps.editing.visit_links import (
        visit_all,  # late: most commands visit nothing, and need nothing of the web
    )

    results = asyncio.run(visit_all(context.settings, to_check, now, seconds, stop))
    if stop():
        return _check(addresses, stored, now)
    fresh = {address: result for address, result in stored.items() if _is_fresh(result, now)}
    checked = _check(addresses, fresh | results, now)
    with context.store.writing() as connection:
        link_checks.save(
            connection, week, [_row(url, one) for url, one in results.items()], since=now - RESULT_VALID_FOR
        )
        unreached = [url for url, one in checked.results.items() if one.state is not LinkState.REACHED]
        detail = {"summary": summary(checked), "unreached": unreached}
        audit.record(connection, AuditEvent.LINKS_CHECKED, at=now, by=by, week=week, detail=detail)
    return checked


def summary(check: LinkCheck) -> str:
    """Return a summary for people: "38 of 40 answer, 1 not there, 1 could not be checked"."""
    counts = [
        (sum(result.state is state for result in check.results.values()), words)
        for state, words in (
            (LinkState.GONE, "not there"),
            (LinkState.UNREACHABLE, "without an answer"),
            (LinkState.UNKNOWN, "could not be checked"),
        )
    ]
    rest = "".join(f", {count} {words}" for count, words in counts if count)
    return f"{check.reached} of {len(check.results)} answer{rest}"


def _check(addresses: Iterable[str], stored: LinkResults, now: datetime) -> LinkCheck:
    addresses = tuple(addresses)
    results = {address: stored[address] for address in addresses if address in stored}
    return LinkCheck(addresses, results, all(_is_fresh(results.get(address), now) for address in addresses))


def _is_fresh(result: LinkResult | None, now: datetime) -> bool:
    return result is not None and now - result.at <= RESULT_VALID_FOR


# --- Stored results ---------------------------------------------------------------------------------------------------


def _stored_results(connection: Connection, week: Week) -> dict[str, LinkResult]:
    rows = link_checks.of_week(connection, week)
    return {row.url: LinkResult(LinkState(row.state), row.at, row.reason) for row in rows}


def _row(url: str, result: LinkResult) -> LinkCheckRow:
    return LinkCheckRow(url, result.state.value, result.reason, result.at)
