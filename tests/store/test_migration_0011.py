"""Deliveries that wait in an older store keep their deadline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alembic import command
from sqlalchemy import text

from digest.model import Mailing
from digest.store import deliveries
from digest.store.engine import open_store
from digest.store.migrations import configuration

FIRST = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)
MAILING = Mailing.parse("2019-W12")


def test_the_deadline_of_deferred_deliveries_is_carried_over(store_url: str) -> None:
    store = open_store(store_url, migrate=False)
    config = configuration()
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        for subscriber, state in enumerate(("deferred", "sent", "queued"), 1):
            connection.execute(
                text(
                    "INSERT INTO deliveries (week, subscriber, email, state, message_id, first_at, updated_at)"
                    " VALUES ('2019-W12', :subscriber, 'a@b.example', :state, '', :at, :at)"
                ),
                {"subscriber": subscriber, "state": state, "at": "2019-03-25 07:30:00"},
            )
        command.upgrade(config, "head")
        rows = connection.execute(text("SELECT state, approval FROM deliveries ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [("deferred", 0), ("sent", 0), ("queued", 0)]
        hours = timedelta(hours=48)
        early = FIRST + hours - timedelta(minutes=1)
        assert deliveries.fail_overdue(connection, MAILING, now=early, deadline=hours) == 0
        assert deliveries.fail_overdue(connection, MAILING, now=FIRST + hours, deadline=hours) == 1
        command.downgrade(config, "0008")
        command.upgrade(config, "head")
    store.close()
