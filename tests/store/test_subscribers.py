"""Subscribers in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update

from digest.model import SubscriberStatus
from digest.store import subscriber_list, subscribers
from digest.store.engine import Store
from digest.store.schema import subscribers as table
from digest.store.schema import suppressions
from digest.store.subscribers import NewSubscriber

NOW = datetime(2019, 3, 25, tzinfo=UTC)


def test_languages_count_those_who_get_mail(store: Store) -> None:
    wishes = {"ada": "cy", "bo": "cy", "cy": "", "di": "de", "ed": "de", "fi": ""}
    with store.writing() as connection:
        new = [NewSubscriber(f"{n}@a.example", f"{n}@a.example", n, language=wish) for n, wish in wishes.items()]
        subscribers.add_many(connection, new, now=NOW)
        connection.execute(insert(suppressions).values(hash="bo", reason="bounce", detail="5.1.1", at=NOW))
        connection.execute(insert(suppressions).values(hash="ed", reason="complaint", at=NOW))
        paused = update(table).where(table.c.hash.in_(["di", "ed"]))
        connection.execute(paused.values(status="paused", paused_until=NOW))
        connection.execute(update(table).where(table.c.hash == "fi").values(status=SubscriberStatus.LEFT.value))
        before = NOW - timedelta(seconds=1)
        assert subscriber_list.languages(connection, before) == {"cy": 1, "": 1}
        assert subscriber_list.languages(connection, NOW) == {"cy": 1, "": 1, "de": 1}, "a pause has ended"
