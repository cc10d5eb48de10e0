"""Results of checking the links in an edition's mail: one row for each link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from digest.store.many_rows import one_of
from digest.store.schema import link_checks
from digest.week import Week


@dataclass(frozen=True, slots=True)
class LinkCheckRow:
    url: str
    state: str  # a LinkState
    reason: str
    at: datetime


def of_week(connection: Connection, week: Week) -> list[LinkCheckRow]:
    """Return the last result of each link."""
    rows = connection.execute(select(link_checks).where(link_checks.c.week == week))
    return [LinkCheckRow(row.url, row.state, row.reason, row.at) for row in rows]


def save(connection: Connection, week: Week, results: Sequence[LinkCheckRow], *, since: datetime) -> None:
    """Store these results in place of earlier ones of the same links; delete those from before `since`."""
    of_this_week = link_checks.c.week == week
    connection.execute(delete(link_checks).where(of_this_week, link_checks.c.at < since))
    urls = [result.url for result in results]
    connection.execute(delete(link_checks).where(of_this_week, one_of(connection, link_checks.c.url, urls)))
    if results:
        rows = [
            {"week": week, "url": result.url, "state": result.state, "reason": result.reason, "at": result.at}
            for result in results
        ]
        connection.execute(insert(link_checks), rows)
