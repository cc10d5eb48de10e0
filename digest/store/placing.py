"""Put a copy of a store where a store is to be: over a SQLite file, or into a PostgreSQL database."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table, func, inspect, select, text

from digest.errors import BusyError, StoreError
from digest.store import migrations
from digest.store.copying import NUMBERED, copy_rows, sequence
from digest.store.engine import Store, open_store
from digest.store.schema import metadata

_PATIENCE = 3.0  # seconds for a program that is just at a transaction
_COMPANIONS = ("-wal", "-shm", "-journal")


def prepare_file(copy: Path) -> None:
    """Make a copy ready to be a store: others can read while one writes. Raises StoreError."""
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise StoreError(f"The copy of the store cannot be written: {error}.", "Make room on the disk.") from error


def replace_file(copy: Path, path: Path, aside: Path) -> bool:
    """Put `copy` in the place of the store at `path`, which is kept as `aside`. Return whether there was one.

    There is a whole store at `path` at every moment. Raises BusyError if a program has it open, OSError.
    """
    there = path.exists()
    if there:
        _fold(path)
        os.link(path, aside)
        for end in _COMPANIONS:  # of a damaged store: SQLite would apply them to the new one
            left = path.with_name(path.name + end)
            if left.exists():
                left.rename(aside.with_name(aside.name + end))
    copy.replace(path)
    return there


def _fold(path: Path) -> None:
    """Bring the write-ahead log of a store into its file. What is no database, or a damaged one, stays as it is."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        mode = "locked" if "locked" in str(error) else "damaged"
    except sqlite3.DatabaseError:
        mode = "damaged"
    if mode in ("wal", "locked"):
        raise BusyError(
            f"A program has the store {path} open.", "Stop Digest here: the desk, the pages, workers and timers."
        )


def has_store(store: Store) -> bool:
    """Whether the database, opened without migrating, has tables of ours."""
    with store.reading() as connection:
        return bool({*inspect(connection).get_table_names()} & {*metadata.tables})


def load_copy(path: Path, connection: Connection) -> None:
    """Replace all that is in a PostgreSQL store by a copy of the newest schema, in the caller's transaction."""
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    migrations.upgrade(connection)
    copy = open_store(f"sqlite:///{path}", migrate=False)
    try:
        with copy.reading() as source:
            copy_rows(source, connection)
            for table in metadata.sorted_tables:
                count = select(func.count()).select_from(table)
                if source.execute(count).scalar_one() != connection.execute(count).scalar_one():
                    raise StoreError(f"Not all rows of {table.name} were loaded.", "Restore again.")
            numbered = source.execute(
                text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :name"), {"name": NUMBERED}
            ).scalar_one()
            for table in metadata.sorted_tables:
                _continue_numbers(connection, table, numbered if table.name == NUMBERED else 0)
    finally:
        copy.close()


def _continue_numbers(connection: Connection, table: Table, at_least: int) -> None:
    """Let PostgreSQL number new rows after those that were loaded."""
    column = table.autoincrement_column
    name = sequence(connection, table.name, column.name) if column is not None else None
    if column is not None and name:
        last = max(at_least, connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one())
        if last:
            connection.execute(text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": name, "last": last})
