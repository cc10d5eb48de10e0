"""Alerts in the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.model.alert import Alert, AlertKind, AlertRecord
from digest.store import alerts
from digest.store.engine import Store


def test_alerts_come_back_as_they_were_saved(store: Store, now: datetime) -> None:
    queue = AlertRecord(Alert(AlertKind.QUEUE, "2019-W12+1", "It stands.", "Send."), now, None, {"webhook": now})
    backup = AlertRecord(Alert(AlertKind.BACKUP, "", "None.", ""), now - timedelta(days=1), now, {})
    with store.writing() as connection:
        alerts.save(connection, [queue, backup])
        alerts.save(connection, [queue])
        assert alerts.all_of(connection) == [backup, queue]
        alerts.drop(connection, backup.alert.key)
        assert alerts.all_of(connection) == [queue]
