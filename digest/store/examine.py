"""Examine a store without changing it: for `digest doctor` and `/readyz`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from digest.store.engine import Store, schema_version, sqlite_file
from digest.store.migrations import known, newest


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The schema of a store, and the one that this version of Digest works with."""

    version: str  # "" where there are no tables yet
    newest: str

    @property
    def is_current(self) -> bool:
        return self.version == self.newest

    @property
    def is_newer(self) -> bool:
        """Whether a newer version of Digest made it."""
        return bool(self.version) and self.version not in known()


def schema_state(store: Store) -> SchemaState:
    return SchemaState(schema_version(store), newest())


def size(store: Store) -> int:
    """Return how many bytes the store takes."""
    if (path := sqlite_file(str(store.engine.url))) is not None:
        beside = (path, path.with_name(f"{path.name}-wal"))
        return sum(one.stat().st_size for one in beside if one.exists())
    with store.reading() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def damage(store: Store) -> str:
    """Return what SQLite finds wrong with its file; "" if nothing, or if the store is on a server."""
    if not store.is_sqlite:
        return ""
    try:
        with store.reading() as connection:
            faults = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(5)"))]
            foreign = connection.execute(text("SELECT count(*) FROM pragma_foreign_key_check")).scalar_one()
    except (DBAPIError, sqlite3.Error) as error:
        return str(getattr(error, "orig", error)).strip()
    if foreign:
        faults.append(f"{foreign} rows belong to rows that are not there")
    return "; ".join(line for line in faults if line != "ok")


def refusal_to_write(store: Store) -> str:
    """Return why the store cannot be written, in the database's words; "" if it can be. Raises BusyError, StoreError.

    A row is changed to what it is, and the change is rolled back.
    """
    try:
        with store.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            connection.rollback()
    except DBAPIError as error:
        return str(error.orig).strip()
    return ""
