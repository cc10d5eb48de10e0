"""Soft bounces that were counted from histories go on counting, and wishes behind a suppression are remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from sqlalchemy import text

from digest.model import BounceState, Suppression, SuppressionReason
from digest.store import bounces, subscribers
from digest.store.engine import open_store
from digest.store.migrations import configuration
from digest.store.schema import consent

AT = datetime(2019, 3, 25, 7, tzinfo=UTC)


def line(hash_: str, what: str, origin: str = "", *, later: int = 0) -> dict[str, Any]:
    return {"hash": hash_, "what": what, "how": "5.2.2", "origin": origin, "at": AT + timedelta(minutes=later)}


def test_what_histories_say_is_carried_over(store_url: str) -> None:
    store = open_store(store_url, migrate=False)
    config = configuration()
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        connection.execute(
            text(
                "INSERT INTO subscribers (email, email_key, themes, status, joined_at, hash)"
                " VALUES ('ada@d.example', 'ada@d.example', '[]', 'active', '2019-01-01 00:00:00', 'ada')"
            )
        )
        lines = [
            line("ada", "soft bounce", "2019-W11"),
            line("ada", "soft bounce", "2019-W12"),
            line("ada", "soft bounce", "2019-W12", later=1),
            line("stranger", "soft bounce", "2019-W12"),
            line("erased", "erased"),
            line("back", "unsubscribed"),
            line("back", "confirmed", later=1),
            line("left", "unsubscribed"),
        ]
        connection.execute(consent.insert(), lines)
        for hash_ in ("erased", "back", "left"):
            row = {"hash": hash_, "at": AT, "detail": "5.1.1"}
            connection.execute(
                text("INSERT INTO suppressions (hash, reason, detail, at) VALUES (:hash, 'bounce', :detail, :at)"),
                row | {"at": "2019-03-25 07:00:00"},
            )
        command.upgrade(config, "head")
        rows = bounces.of_subscriber(connection, 1)
        assert [(one.batch, one.hard, one.state, one.detail) for one in rows] == [
            ("2019-W11", False, BounceState.COUNTED, "5.2.2"),
            ("2019-W12", False, BounceState.COUNTED, "5.2.2"),
        ]
        assert rows[0].at == AT
        after = subscribers.suppressed(connection, ["erased", "back", "left"])
        bounce = SuppressionReason.BOUNCE
        assert after == {
            "erased": Suppression(bounce, "5.1.1", SuppressionReason.ERASED),
            "back": Suppression(bounce, "5.1.1"),
            "left": Suppression(bounce, "5.1.1", SuppressionReason.UNSUBSCRIBED),
        }
    store.close()
