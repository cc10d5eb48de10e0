"""From the first schema to the newest, one migration after the other, with rows in every table at each step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from digest.store.copying import copy_store, examine
from digest.store.engine import APPLICATION_ID, Store, open_store
from digest.store.migrations import configuration, newest
from digest.store.placing import load_copy
from digest.store.schema import metadata
from tests.store.filled import AT, fill


@pytest.fixture
def upgraded(store_url: str) -> Iterator[tuple[Store, dict[str, int]]]:
    """A store that was filled at each schema, and how many rows each table got."""
    store = open_store(store_url, migrate=False)
    config = configuration()
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert revisions[0] == "0001"
    if store.is_sqlite:
        with store.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    filled: dict[str, int] = {}
    for revision in revisions:
        with store.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            filled |= fill(connection, besides=filled)
    yield store, filled
    store.close()


def counts_of(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_every_migration_carries_the_rows_over(upgraded: tuple[Store, dict[str, int]], tmp_path: Path) -> None:
    store, filled = upgraded
    counts = counts_of(store)
    assert {*counts} <= {*filled}, "every table had rows at some step"
    assert {name: number for name, number in counts.items() if number < filled[name]} == {}, "no row is lost"
    with store.reading() as connection:
        for table in metadata.sorted_tables:  # each value is one that its column's type can read
            connection.execute(select(table)).all()
        subscribers = metadata.tables["subscribers"]
        rows = connection.execute(select(subscribers.c.frequency, subscribers.c.paused_until)).all()
        assert {tuple(row) for row in rows} == {("weekly", None)}, "who subscribed before stays as they were"
    copy_store(store, tmp_path / "copy.db")
    facts = examine(tmp_path / "copy.db")  # no damage, no row that refers to nothing
    assert (facts.schema, {name: facts.counts[name] for name in counts}) == (newest(), counts)


@pytest.mark.postgres
@pytest.mark.thorough
def test_a_store_goes_from_one_database_to_the_other_and_back(
    upgraded: tuple[Store, dict[str, int]], tmp_path: Path, empty_postgres_url: str
) -> None:
    store, _ = upgraded
    copy_store(store, tmp_path / "there.db")
    other = open_store(empty_postgres_url, migrate=False)
    try:
        for _ in range(2):  # over an empty database, and over a store
            with other.writing() as connection:
                load_copy(tmp_path / "there.db", connection)
        copy_store(other, tmp_path / "back.db")
        with other.writing() as connection:
            table = metadata.tables["consent"]
            number = connection.execute(table.insert().values(hash="h", at=AT, what="w", how="h").returning(table.c.id))
            assert number.scalar_one() == 4, "new rows are numbered after those that were loaded"
    finally:
        other.close()
    assert rows_in(tmp_path / "there.db") == rows_in(tmp_path / "back.db")


def rows_in(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
            if name != "sqlite_sequence"
        }
