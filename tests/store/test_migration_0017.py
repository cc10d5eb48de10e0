"""Answers to drafts of an older version stay answers, and editions that it sent are not announced again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alembic import command
from sqlalchemy import insert, text

from digest.store import editions, notifications
from digest.store.engine import open_store
from digest.store.migrations import configuration
from digest.store.schema import audit
from digest.week import Week

AT = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)
SENT, HELD, DRAFT = Week(2019, 12), Week(2019, 13), Week(2019, 14)


def test_answers_and_announcements_are_carried_over(store_url: str) -> None:
    store = open_store(store_url, migrate=False)
    config = configuration()
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0016")
        connection.execute(
            text(
                "INSERT INTO editions (week, status, revision, introduction, subject, sent_at)"
                " VALUES (:week, :status, 1, '', '', :sent_at)"
            ),
            [
                {"week": str(SENT), "status": "sent", "sent_at": "2019-03-25 09:00:00"},
                {"week": str(HELD), "status": "draft", "sent_at": None},
                {"week": str(DRAFT), "status": "draft", "sent_at": None},
            ],
        )
        connection.execute(
            insert(audit),
            [
                {"by": "Ed", "detail": {}, "week": week, "what": what, "at": AT + timedelta(hours=hours)}
                for week, what, hours in (
                    (SENT, "composed", 0),
                    (SENT, "approved", 2),
                    (SENT, "approved", 1),
                    (HELD, "held", 3),
                    (HELD, "resumed", 4),
                    (DRAFT, "composed", 0),
                )
            ],
        )
        notifications.record(connection, SENT, "draft ready, failed", [""], at=AT)
        notifications.record(connection, DRAFT, "draft ready", ["a hash"], at=AT)
        command.upgrade(config, "head")

        answered = {row.week: row.answered_at for row in editions.list_all(connection)}
        assert answered == {SENT: AT + timedelta(hours=1), HELD: AT + timedelta(hours=3), DRAFT: None}
        assert not any(row.paused_at or row.paused_by for row in editions.list_all(connection))
        announced = {week: notifications.notified(connection, week, "sent") for week in (SENT, HELD, DRAFT)}
        assert announced == {SENT: {notifications.EVERYBODY}, HELD: set(), DRAFT: set()}
        assert notifications.notified(connection, SENT, "draft ready, failed") == set()
        assert notifications.notified(connection, DRAFT, "draft ready") == {"a hash"}
    store.close()
