"""The audit trail: what was done to an edition, when and by whom. It is written and shown; no decision reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

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


def record(
    connection: Connection,
    event: AuditEvent,
    *,
    at: datetime,
    by: str,
    week: Week | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add a row to the audit trail; it is never changed again."""
    connection.execute(insert(audit).values(at=at, by=by, what=event.value, week=week, detail=detail or {}))


def trail(connection: Connection, week: Week, *, limit: int = 200) -> list[AuditRow]:
    """Return the audit rows of a week, newest first."""
    rows = connection.execute(select(audit).where(audit.c.week == week).order_by(audit.c.id.desc()).limit(limit))
    return [AuditRow(row.at, row.by, row.what, row.week, row.detail) for row in rows]
