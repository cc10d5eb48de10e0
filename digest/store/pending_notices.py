"""Mails to editors that have not reached everybody: kept until they have, or until they are pointless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from digest.store.schema import pending_notices
from digest.week import Week


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """A mail to each editor."""

    week: Week
    event: str  # its key in `notifications`, at most 32 characters
    subject: str
    text: str
    detail: dict[str, Any]  # for the audit trail
    while_status: str = ""  # pointless once the edition has another; "" for always
    at: datetime | None = None


def keep(connection: Connection, notice: PendingNotice, *, at: datetime) -> None:
    """Store the notice; a newer text takes the place of an older one, whose age it keeps."""
    known = [one for one in all_of(connection) if (one.week, one.event) == (notice.week, notice.event)]
    drop(connection, notice.week, notice.event)
    connection.execute(
        insert(pending_notices).values(
            week=notice.week,
            event=notice.event,
            subject=notice.subject,
            text=notice.text,
            detail=notice.detail,
            while_status=notice.while_status,
            at=known[0].at if known else at,
        )
    )


def all_of(connection: Connection) -> list[PendingNotice]:
    """Return all of them, the oldest first."""
    return [
        PendingNotice(row.week, row.event, row.subject, row.text, row.detail, row.while_status, row.at)
        for row in connection.execute(select(pending_notices).order_by(pending_notices.c.at))
    ]


def drop(connection: Connection, week: Week, event: str) -> None:
    """Delete a notice: everybody has it, or it is pointless."""
    connection.execute(delete(pending_notices).where(pending_notices.c.week == week, pending_notices.c.event == event))
