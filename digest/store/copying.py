"""Copy a whole store, as it is at one moment, into a SQLite file; examine such a file.

SQLite copies by its own backup API, while others write. PostgreSQL's tables are read in one snapshot. So a copy is of
the same kind whichever database it comes from, can be opened and checked everywhere, and goes into either database.
`pg_dump` would need a program of the server's version here and on the machine that restores.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import JSON, Column, Connection, MetaData, Table, Text, cast, select, text
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreError
from digest.store import migrations
from digest.store.engine import APPLICATION_ID, Store, open_store
from digest.store.many_rows import insert_many
from digest.store.schema import metadata

_ROWS = 200  # at a time: pages and articles are large
NUMBERED = "subscribers"  # links in old mails carry these numbers, so none is given twice


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a copy says of itself."""

    schema: str
    name: str  # the store's; "" if it has none yet
    key: str  # fingerprint of its secret key; "" if it has adopted none
    counts: Mapping[str, int]  # rows by table


def copy_store(store: Store, path: Path) -> None:
    """Copy the store into a new file that only this user may read. Raises StoreError; then the file is worthless."""
    with _explained(path):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if store.is_sqlite:
            with closing(store.engine.raw_connection()) as raw, closing(sqlite3.connect(path)) as target:
                driver: sqlite3.Connection = raw.driver_connection  # type: ignore[assignment]
                # All pages in one step: a copy in several begins again whenever another program writes.
                driver.backup(target)
        else:
            _copy_from_postgresql(store, path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # the file is whole without the two beside it


def _copy_from_postgresql(store: Store, path: Path) -> None:
    copy = open_store(f"sqlite:///{path}")
    try:
        snapshot = store.engine.connect().execution_options(isolation_level="REPEATABLE READ")
        with snapshot as source, source.begin(), copy.writing() as target:
            copy_rows(source, target)
            last = source.execute(text(f"SELECT last_value FROM {sequence(source, NUMBERED)}")).scalar_one()  # noqa: S608
            last_number = {"name": NUMBERED, "last": last}
            target.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), last_number)
            target.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), last_number)
    finally:
        copy.close()


def examine(path: Path) -> StoreFacts:
    """Check a copy thoroughly. Raises StoreError if it is damaged, or has what no store of ours has."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            facts = _facts(connection)
    except (sqlite3.Error, OverflowError) as error:
        raise StoreError(f"The copy of the store is damaged: {error}.", "Take another backup.") from error
    if facts.schema > migrations.newest():
        raise StoreError(
            f"The copy was written by a newer version of Digest (schema {facts.schema}).",
            "Upgrade this installation, then restore again.",
        )
    return facts


def _facts(connection: sqlite3.Connection) -> StoreFacts:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT type FROM sqlite_master")}
    if application != APPLICATION_ID or not kinds <= {"table", "index"}:
        raise StoreError("The copy is no store of Digest.", "Take another backup.")
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(1)") if row[0] != "ok"]
    orphans = connection.execute("PRAGMA foreign_key_check")
    problems += [f"row {row} of {table} refers to nothing" for table, row, *_ in orphans]
    if problems:
        raise StoreError(f"The copy of the store is damaged: {problems[0]}.", "Take another backup.")
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite_")
    ]
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in tables}
    counts = {name: connection.execute(f"SELECT count(*) FROM {quoted[name]}").fetchone()[0] for name in tables}  # noqa: S608
    (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    columns = {row[1] for row in connection.execute("PRAGMA table_info(store_identity)")}
    key = "key_fingerprint" if "key_fingerprint" in columns else "''"
    row = connection.execute(f"SELECT name, {key} FROM store_identity").fetchone() if columns else None  # noqa: S608
    name, fingerprint = row or ("", "")
    return StoreFacts(str(schema), str(name), str(fingerprint), dict(sorted(counts.items())))


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy all rows from one store into another, empty one of the same schema."""
    for table in metadata.sorted_tables:
        # JSON goes over as its text: SQL's NULL and JSON's null stay what they are.
        columns = [cast(one, Text).label(one.name) if isinstance(one.type, JSON) else one for one in table.c]
        plain = Table(
            table.name,
            MetaData(),
            *(Column(one.name, Text() if isinstance(one.type, JSON) else one.type) for one in table.c),
        )
        rows = source.execute(select(*columns), execution_options={"yield_per": _ROWS})
        for some in rows.partitions():
            insert_many(target, plain, dict(zip(table.c.keys(), zip(*some, strict=True), strict=True)))


def sequence(connection: Connection, table: str, column: str = "id") -> str | None:
    """Return the name of what numbers the rows of a table on PostgreSQL; None where nothing does."""
    names = {"table": f'"{table}"', "column": column}
    name: str | None = connection.execute(
        text("SELECT pg_get_serial_sequence(:table, :column)"), names
    ).scalar_one_or_none()
    return name


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)).strip()
        raise StoreError(
            f"The store cannot be copied to {path.parent}: {reason}.", "Make room on the disk and the folder writable."
        ) from error
