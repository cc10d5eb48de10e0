"""The state of each source between visits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from digest.model import Outcome, SourceReport
from digest.store.schema import sources


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of one source. Times are None if the thing never happened."""

    name: str
    feed: str  # the address that the rest belongs to
    etag: str = ""
    last_modified: str = ""
    content_hash: str = ""
    outcome: str = ""  # an Outcome; "" before the first visit
    reason: str = ""
    checked_at: datetime | None = None
    good_at: datetime | None = None  # last good fetch
    first_good_at: datetime | None = None
    newest_at: datetime | None = None  # the newest post seen
    next_at: datetime | None = None  # not asked before this
    failures: int = 0  # in a row
    entries: int = 0  # that the feed showed when it was last read
    pace_days: float | None = None  # usual days between posts
    moved_to: str = ""
    proposed: str = ""
    gone_at: datetime | None = None
    whole_at: datetime | None = None  # the feed itself came, and not only "nothing has changed"
    left_out: Mapping[str, int] = field(default_factory=dict)  # entries not used when it was last read, by reason


_COLUMNS = tuple(sources.c[name] for name in SourceState.__dataclass_fields__)


def states(connection: Connection, names: Collection[str] | None = None) -> dict[str, SourceState]:
    """Return the states of all sources ever visited, or of those named, by name."""
    query = select(*_COLUMNS)
    if names is not None:
        query = query.where(sources.c.name.in_(names))
    return {row.name: SourceState(**row._mapping) for row in connection.execute(query)}


_DELETE = delete(sources).where(sources.c.name == bindparam("of"))
_INSERT = insert(sources)


def save(connection: Connection, rows: Sequence[SourceState]) -> None:
    """Store the states of these sources in place of earlier ones."""
    connection.execute(_DELETE, [{"of": state.name} for state in rows])
    connection.execute(_INSERT, [{column.name: getattr(state, column.name) for column in _COLUMNS} for state in rows])


def reports_of(connection: Connection, names: Collection[str]) -> list[SourceReport]:
    """Return a report on each source's last visit, in the order of `names`; a source never visited gets an error.

    A visit that brought nothing new does not change the report.
    """
    stored_states = states(connection, names)
    return [
        report_of(stored_states[name])
        if name in stored_states
        else SourceReport(name, "", Outcome.ERROR, "It has not been fetched yet.")
        for name in names
    ]


def report_of(state: SourceState) -> SourceReport:
    outcome = Outcome(state.outcome) if state.outcome else Outcome.ERROR
    known = state.entries - sum(state.left_out.values())
    return SourceReport(
        state.name,
        state.feed,
        outcome,
        state.reason,
        entries=state.entries,
        moved_to=state.moved_to,
        known=known,
        left_out=state.left_out,
    )
