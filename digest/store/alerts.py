"""Alerts: what is wrong, since when, and which channels were notified when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, select

from digest.model.alert import Alert, AlertKey, AlertKind, AlertRecord
from digest.store.schema import alerts


def all_of(connection: Connection) -> list[AlertRecord]:
    """Return all of them, the oldest first."""
    return [
        AlertRecord(
            Alert(AlertKind(row.kind), row.about, row.what, row.remedy),
            row.since,
            row.resolved_at,
            {channel: datetime.fromisoformat(moment) for channel, moment in row.notified.items()},
        )
        for row in connection.execute(select(alerts).order_by(alerts.c.since, alerts.c.kind, alerts.c.about))
    ]


def save(connection: Connection, rows: Iterable[AlertRecord]) -> None:
    """Store these alerts, each in place of an earlier one of its name."""
    for record in rows:
        drop(connection, record.alert.key)
        connection.execute(
            insert(alerts).values(
                kind=record.alert.kind.value,
                about=record.alert.about,
                what=record.alert.what,
                remedy=record.alert.remedy,
                since=record.since,
                resolved_at=record.resolved_at,
                notified={channel: moment.isoformat() for channel, moment in record.notified.items()},
            )
        )


def drop(connection: Connection, key: AlertKey) -> None:
    kind, about = key
    connection.execute(delete(alerts).where(and_(alerts.c.kind == kind.value, alerts.c.about == about)))
