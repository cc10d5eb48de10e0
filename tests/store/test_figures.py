"""Figures for monitoring, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import DeliveryState, EditionStatus, Mailing
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.subscribers.operator_actions import add
from digest.store import deliveries, editions, examine, figures, identity
from digest.store.engine import Store
from digest.week import Week

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)


def queue(store: Store, week: int, at: datetime) -> None:
    mailing = Mailing(Week(2019, week))
    with store.writing() as connection:
        identity.ensure_name(connection)
        deliveries.queue(connection, mailing, now=at)
        identity.set_run_number(connection, mailing, 1)


@pytest.fixture
def subscribed(store: Store, tmp_path: Path) -> Store:
    text = '[newsletter]\ntitle = "T"\nfrom = "t@example.org"\n'
    settings = parse_settings(text, path=tmp_path / "digest.toml")
    context = Context(settings, store, lambda: NOW)
    for name in ("ada", "bo", "cy"):
        add(context, f"{name}@example.org")
    return store


def test_an_empty_store_has_zeros(store: Store) -> None:
    with store.reading() as connection:
        counts, waiting = figures.deliveries_by_state(connection)
        assert set(counts.values()) == {0}
        assert waiting == figures.Queue()
        assert figures.post_count(connection) == 0
        assert figures.editions_by_status(connection) == dict.fromkeys(EditionStatus, 0)
        assert figures.last_composed_and_sent(connection) == (None, None)


def test_only_the_four_newest_mailings_count(subscribed: Store) -> None:
    for week in (8, 9, 10, 11, 12):
        queue(subscribed, week, NOW - timedelta(weeks=12 - week))
    with subscribed.reading() as connection:
        counts, waiting = figures.deliveries_by_state(connection)
    assert counts[DeliveryState.QUEUED] == 4 * 3
    assert waiting == figures.Queue(NOW - timedelta(weeks=3), NOW)


def test_deferred_deliveries_wait_without_standing_still(subscribed: Store) -> None:
    queue(subscribed, 12, NOW)
    with subscribed.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE deliveries SET state = 'deferred' WHERE id = (SELECT min(id) FROM deliveries)"
        )
        connection.exec_driver_sql("UPDATE deliveries SET state = 'sent' WHERE state = 'queued'")
    with subscribed.reading() as connection:
        counts, waiting = figures.deliveries_by_state(connection)
    assert (counts[DeliveryState.SENT], counts[DeliveryState.DEFERRED]) == (2, 1)
    assert waiting == figures.Queue(NOW)


def test_an_edition_that_an_editor_has_held_does_not_stand_still(subscribed: Store) -> None:
    week = Week(2019, 12)
    with subscribed.writing() as connection:
        editions.ensure(connection, week)
    queue(subscribed, 12, NOW)
    with subscribed.writing() as connection:
        editions.move(connection, week, [EditionStatus.DRAFT], EditionStatus.HELD)
    with subscribed.reading() as connection:
        counts, waiting = figures.deliveries_by_state(connection)
    assert (counts[DeliveryState.QUEUED], waiting) == (3, figures.Queue(NOW))


def test_trying_to_write_changes_nothing(subscribed: Store) -> None:
    before = examine.schema_state(subscribed)
    assert examine.refusal_to_write(subscribed) == ""
    assert examine.schema_state(subscribed) == before
    assert before.is_current
    assert not before.is_newer
    assert examine.damage(subscribed) == ""
    assert examine.size(subscribed) > 10_000
