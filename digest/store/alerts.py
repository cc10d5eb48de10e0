"""Alerts: what is wrong, since when, and which channels were told when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, select

from digest.model.alert import Alert, AlertKey, AlertKind, KnownAlert
from digest.store.schema import alerts


def all_of(connection: Connection) -> list[KnownAlert]:
    """Return all of them, the oldest first."""
    return [
        KnownAlert(
            Alert(AlertKind(row.kind), row.about, row.what, row.remedy),
            row.since,
            row.over_at,
            {channel: datetime.fromisoformat(moment) for channel, moment in row.told.items()},
        )
        for row in connection.execute(select(alerts).order_by(alerts.c.since, alerts.c.kind, alerts.c.about))
    ]


def save(connection: Connection, rows: Iterable[KnownAlert]) -> None:
    """Store these alerts, each in place of an earlier one of its name."""
    for known in rows:
        drop(connection, known.alert.key)
        connection.execute(
            insert(alerts).values(
                kind=known.alert.kind.value,
                about=known.alert.about,
                what=known.alert.what,
                remedy=known.alert.remedy,
                since=known.since,
                over_at=known.over_at,
                told={channel: moment.isoformat() for channel, moment in known.told.items()},
            )
        )


def drop(connection: Connection, key: AlertKey) -> None:
    kind, about = key
    connection.execute(delete(alerts).where(and_(alerts.c.kind == kind.value, alerts.c.about == about)))
