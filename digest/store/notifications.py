"""Who was notified of what: one row for each week, event and recipient."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from digest.store.schema import notifications
from digest.week import Week

EVERYBODY = ""
"""The recipient in rows of earlier versions, which did not store each recipient."""


def notified(connection: Connection, week: Week, event: str) -> set[str]:
    """Return the recipients (hashes of their addresses) who were notified of the event."""
    query = select(notifications.c.recipient).where(notifications.c.week == week, notifications.c.event == event)
    return set(connection.scalars(query))


def record(connection: Connection, week: Week, event: str, recipients: Iterable[str], *, at: datetime) -> None:
    """Record that these recipients, who were not notified before, have been notified."""
    rows = [{"week": week, "event": event, "recipient": recipient, "at": at} for recipient in recipients]
    if rows:
        connection.execute(insert(notifications), rows)


def forget(connection: Connection, week: Week, event: str) -> None:
    """Delete the rows of an event of a week."""
    connection.execute(delete(notifications).where(notifications.c.week == week, notifications.c.event == event))
