"""Editors who were notified of a draft by an older version are not notified of it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alembic import command
from sqlalchemy import insert

from digest.store import notifications
from digest.store.engine import open_store
from digest.store.migrations import configuration
from digest.store.schema import audit
from digest.week import Week

AT = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)


def test_earlier_notifications_are_carried_over(store_url: str) -> None:
    store = open_store(store_url, migrate=False)
    config = configuration()
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        row = {"by": "digest", "week": Week(2019, 12), "detail": {}}
        connection.execute(
            insert(audit),
            [
                {**row, "what": "editors told", "at": AT},
                {**row, "what": "editors told", "at": AT + timedelta(days=1)},
                {**row, "what": "composed", "at": AT, "week": Week(2019, 13)},
            ],
        )
        command.upgrade(config, "head")
        assert notifications.notified(connection, Week(2019, 12), "draft ready") == {notifications.EVERYBODY}
        assert notifications.notified(connection, Week(2019, 13), "draft ready") == set()
    store.close()
