"""The list of editions: right numbers, one statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event

from digest.model import DeliveryCounts, DeliveryState, EditionStatus, LeftOut, Mailing
from digest.store import deliveries, editions, subscribers
from digest.store.edition_list import edition_list
from digest.store.engine import Store
from digest.store.schema import deliveries as deliveries_table
from digest.store.subscribers import NewSubscriber
from digest.week import Week
from tests.mail.editions import edition

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
FIRST = Week(2017, 1)


def test_150_editions_take_one_statement(store: Store) -> None:
    weeks = [FIRST.shift(number) for number in range(150)]
    with store.writing() as connection:
        for number, week in enumerate(weeks):
            editions.save_revision(connection, replace(edition(number % 4), week=week), by="x", at=NOW)
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with store.reading() as connection:
        event.listen(store.engine, "before_cursor_execute", count)
        rows = edition_list(connection)
        event.remove(store.engine, "before_cursor_execute", count)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1
    assert [row.row.week for row in rows] == weeks[::-1]
    assert [row.posts for row in rows[::-1]] == [number % 4 for number in range(150)]


def test_numbers_are_those_of_the_current_revision_and_of_each_week(store: Store) -> None:
    without_id = LeftOut("", "A post without an id", "https://a.example/", "A", "late")
    first = replace(edition(2), week=Week(2019, 12))
    with store.writing() as connection:
        editions.save_revision(connection, first, by="x", at=NOW)
        editions.save_revision(
            connection,
            replace(edition(5, short=2), week=Week(2019, 12), left_out=(*first.left_out, without_id)),
            by="x",
            at=NOW,
        )
        editions.ensure(connection, Week(2019, 13))  # no revision yet
        new = [NewSubscriber(f"{name}@example.org", name, name) for name in ("ada", "bo", "cy")]
        subscribers.add_many(connection, new, now=NOW)
        deliveries.queue(connection, Mailing(Week(2019, 12)), now=NOW)
        connection.execute(
            deliveries_table.update().where(deliveries_table.c.subscriber == 1).values(state=DeliveryState.SENT.value)
        )
    with store.reading() as connection:
        newest, oldest = edition_list(connection)
        row = editions.find(connection, Week(2019, 12))
        counts = deliveries.counts(connection, Mailing(Week(2019, 12)))
    assert (newest.row.week, newest.row.status, newest.posts, newest.left_out) == (
        Week(2019, 13),
        EditionStatus.DRAFT,
        0,
        0,
    )
    assert newest.counts == DeliveryCounts()
    assert (oldest.row, oldest.posts, oldest.left_out) == (row, 5, 2)
    assert oldest.counts == counts == DeliveryCounts(queued=2, sent=1)


def test_an_empty_store_has_no_editions(store: Store) -> None:
    with store.reading() as connection:
        assert edition_list(connection) == []
