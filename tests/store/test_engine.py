from __future__ import annotations

import multiprocessing
import sqlite3
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text

from digest.errors import BusyError, StoreError
from digest.store import subscribers
from digest.store.engine import APPLICATION_ID, Store, open_store
from digest.store.migrations import configuration
from digest.store.schema import audit, deliveries, editions, entries, metadata


def test_migrations_lead_to_the_schema(store: Store) -> None:
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_again_changes_nothing(store_url: str) -> None:
    first = open_store(store_url)
    first.close()
    again = open_store(store_url)
    assert set(metadata.tables) <= set(inspect(again.engine).get_table_names())
    again.close()


def test_an_older_store_is_brought_to_the_newest_schema_with_all_that_is_in_it(store: Store, store_url: str) -> None:
    row = {"at": datetime(2019, 3, 25, tzinfo=UTC), "by": "ada", "what": "opened", "week": None, "detail": {}}
    config = configuration()
    with store.writing() as connection:
        connection.execute(insert(audit).values(row))
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) != []
    again = open_store(store_url)
    with again.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert [row.by for row in connection.execute(select(audit))] == ["ada"]
    again.close()


def _open(url: str) -> str:
    try:
        store = open_store(url)
        with store.writing() as connection:
            row = {"at": datetime.now(UTC), "by": "test", "what": "opened", "week": None, "detail": {}}
            connection.execute(insert(audit).values(row))
        store.close()
    except Exception as error:  # noqa: BLE001 - the parent reports whatever went wrong in the child
        return repr(error)
    return ""


@pytest.mark.thorough
def test_four_processes_open_an_empty_store_at_once(store_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.map(_open, [store_url] * 4) == [""] * 4
    store = open_store(store_url)
    with store.reading() as connection:
        assert len(connection.execute(select(audit)).all()) == 4
    store.close()


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    moment = datetime(2019, 3, 31, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    with store.writing() as connection:
        connection.execute(insert(audit).values(at=moment, by="", what="", week=None, detail={}))
        (stored,) = connection.execute(select(audit.c.at)).one()
    assert stored == moment
    assert stored.tzinfo is UTC


def test_rejects_a_naive_moment(store: Store) -> None:
    with pytest.raises(Exception, match="without a time zone"), store.writing() as connection:
        connection.execute(insert(audit).values(at=datetime(2019, 1, 1), by="", what="", week=None, detail={}))  # noqa: DTZ001 - that is the point


def test_rejects_a_week_or_mailing_as_text(store: Store) -> None:
    """Another spelling in the store would be another edition."""
    with store.reading() as connection:
        for column in (editions.c.week, deliveries.c.week):
            with pytest.raises(Exception, match="is stored here, not '2019-w12'"):
                connection.execute(select(column).where(column == "2019-w12"))


def test_enforces_foreign_keys(store: Store) -> None:
    now = datetime.now(UTC)
    row = {
        "source": "a",
        "uid": "1",
        "post": "none",
        "url": "",
        "content_hash": "",
        "first_seen": now,
        "last_seen": now,
    }
    with pytest.raises(Exception, match=r"(?i)foreign key"), store.writing() as connection:
        connection.execute(insert(entries).values(row))


def test_sqlite_is_in_wal_mode_with_our_application_id(tmp_path: Path) -> None:
    path = tmp_path / "var" / "digest.db"
    store = open_store(f"sqlite:///{path}")
    with store.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA application_id")).scalar() == APPLICATION_ID
    store.close()


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE precious (a)")
    with pytest.raises(StoreError, match="another program"):
        open_store(f"sqlite:///{path}")


def test_rejects_a_store_of_a_newer_version(store_url: str) -> None:
    store = open_store(store_url)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num='9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        open_store(store_url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "not a store's URL"),
        ("mysql://localhost/digest", "not supported"),
        ("sqlite:////proc/nowhere/digest.db", "cannot be"),
        ("postgresql://127.0.0.1:1/digest", "(?s)127.0.0.1.*refused"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        open_store(url)


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.write_text("this is a letter, not a database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}")


def test_lock_timeout_ends_the_wait(store: Store) -> None:
    impatient = store.with_lock_timeout(0.3)
    with store.writing() as connection:
        subscribers.lock_table(connection)
        begun = time.monotonic()
        with pytest.raises(BusyError, match=r"locked for 0\.3 seconds"), impatient.writing() as other:
            subscribers.lock_table(other)
        assert 0.2 < time.monotonic() - begun < 5
        with impatient.reading() as other:
            assert subscribers.highest_number(other) == 0
    with impatient.writing() as connection:
        subscribers.lock_table(connection)
