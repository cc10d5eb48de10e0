"""The audit trail: what was done to an edition, when and by whom.

Rows are added and never changed. They are shown; only undoing a change reads back what the change replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from digest.model import AuditEvent
from digest.store.schema import audit
from digest.week import Week


@dataclass(frozen=True, slots=True)
class AuditRow:
    at: datetime
    by: str
    what: str  # an AuditEvent, or what an older version called it
    week: Week | None
    detail: dict[str, Any]
    id: int = 0

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """What an editor's change replaced: the value before and after, by the key of the field."""
        return {key: (before, after) for key, (before, after) in self.detail.get("fields", {}).items()}


def record(
    connection: Connection,
    event: AuditEvent,
    *,
    at: datetime,
    by: str,
    week: Week | None = None,
    detail: dict[str, Any] | None = None,
) -> int:
    """Add a row to the audit trail; it is never changed again. Return its id."""
    statement = insert(audit).values(at=at, by=by, what=event.value, week=week, detail=detail or {})
    return int(connection.execute(statement.returning(audit.c.id)).scalar_one())


def find(connection: Connection, week: Week, number: int) -> AuditRow | None:
    """Return one row of a week's trail; None if there is none with this id."""
    row = connection.execute(select(audit).where(audit.c.week == week, audit.c.id == number)).one_or_none()
    return None if row is None else _row(row)


def trail(connection: Connection, week: Week, *, limit: int | None = 200, since: int = 0) -> list[AuditRow]:
    """Return the audit rows of a week with ids above `since`, newest first."""
    query = select(audit).where(audit.c.week == week, audit.c.id > since).order_by(audit.c.id.desc())
    return [_row(row) for row in connection.execute(query.limit(limit))]


def last_change_of(connection: Connection, week: Week, key: str) -> AuditRow | None:
    """Return the newest row that says what a field was changed to; None if there is none."""
    rows = connection.execute(select(audit).where(audit.c.week == week).order_by(audit.c.id.desc()))
    return next((_row(row) for row in rows if key in row.detail.get("fields", {})), None)


def last_of(connection: Connection, events: Iterable[AuditEvent]) -> dict[Week, datetime]:
    """Return for each week when one of these events was recorded last."""
    names = [event.value for event in events]
    query = select(audit.c.week, func.max(audit.c.at).label("at")).where(audit.c.what.in_(names)).group_by(audit.c.week)
    return {row.week: row.at for row in connection.execute(query) if row.week is not None}


def newest(connection: Connection, week: Week) -> int:
    """Return the id of the newest row of a week; 0 if there is none."""
    return int(connection.execute(select(func.max(audit.c.id)).where(audit.c.week == week)).scalar() or 0)


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(row.at, row.by, row.what, row.week, row.detail, row.id)
