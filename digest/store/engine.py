"""Open the store: SQLite by default, PostgreSQL by URL. Opening migrates it, safely if two programs start at once."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from digest.errors import BusyError, StoreError
from digest.private_files import state_folder

APPLICATION_ID = 0x44494753  # "DIGS": `file digest.db` and other tools can tell whose database it is
BUSY_SECONDS = 30
_MIGRATION_LOCK = 0x44494753


class Store:
    """An open store. `reading()` and `writing()` each give one connection in one transaction.

    Each waits at most `patience` seconds for a lock that another program or thread holds, and then raises BusyError.
    """

    def __init__(self, engine: Engine, *, patience: float = BUSY_SECONDS) -> None:
        self.engine = engine
        self.patience = patience

    def with_lock_timeout(self, patience: float) -> Store:
        """Return the same store for a caller who waits for locks at most `patience` seconds."""
        return Store(self.engine, patience=patience)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads."""
        with self._explained(), self._connected() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that writes: committed at the end of the block, rolled back if it raises.

        On SQLite it takes the write lock at once, so that nothing changes between reading and writing.
        """
        with self._explained(), self._connected() as connection:
            connection.execution_options(digest_immediate=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing_session(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """Keep one connection for many short writing transactions in a row: yields a faster `writing`."""
        with self._explained(), self._connected() as connection:
            connection.execution_options(digest_immediate=True)

            @contextmanager
            def writing() -> Iterator[Connection]:
                with self._explained(), connection.begin():
                    yield connection

            yield writing

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            if self.patience != BUSY_SECONDS:
                connection.execution_options(digest_patience=self.patience)
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            message, url = str(error.orig).strip(), shown_url(self.engine)
            if "locked" in message or "lock timeout" in message:
                raise BusyError(
                    f"The store {url} stayed locked for {self.patience:g} seconds.",
                    "Another program has locked it. Try again when that program is done.",
                ) from error
            raise StoreError(
                f"The store {url} failed: {message}.", "Check the disk and the database server."
            ) from error


def shown_url(engine: Engine) -> str:
    """The store's URL without its password."""
    return engine.url.render_as_string(hide_password=True)


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite store's URL; None for other databases, and for what is no URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:"
    return Path(str(parsed.database)) if is_file else None


def store_of_nothing() -> Store:
    """Return a store in memory without tables, for what needs a Context where the newsletter's own cannot be used."""
    return Store(create_engine("sqlite://"))


def open_store(url: str, *, migrate: bool = True) -> Store:
    """Open (and make or migrate) the store at a SQLAlchemy URL. Raises StoreError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"{url!r} is not a store's URL.", 'Write [store] url = "sqlite:///var/digest.db".') from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif backend != "sqlite":
        raise StoreError(f"A store on {backend!r} is not supported.", "Use sqlite:/// or postgresql://.")
    options: dict[str, Any] = {}
    if backend == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                state_folder(Path(parsed.database).parent)
                if not Path(parsed.database).exists():
                    # Subscribers' addresses are in it: SQLite gives its other files the same rights.
                    os.close(os.open(parsed.database, os.O_CREAT | os.O_WRONLY, 0o600))
            except OSError as error:
                raise StoreError(
                    f"The store's folder cannot be created: {error}.", "Choose another [store] url."
                ) from error
            # A pooled SQLite connection would be shared by threads; opening one is cheap.
            options["poolclass"] = NullPool
        options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True
    # Parameters are addresses and names: they stay out of errors, which are logged.
    engine = create_engine(parsed, json_deserializer=_from_json, hide_parameters=True, **options)
    if backend == "sqlite":
        _speak_sqlite(engine)
    else:
        _speak_postgresql(engine)
    store = Store(engine)
    try:
        if migrate:
            _migrate(store)
        else:
            with engine.connect():
                pass
    except (DBAPIError, sqlite3.Error) as error:
        raise StoreError(
            f"The store {shown_url(engine)} cannot be opened: {str(getattr(error, 'orig', error)).strip()}.",
            "Is the folder writable, the disk not full, the server up and the password right?",
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(f"The store {shown_url(engine)} cannot be opened: {error}.") from error
    return store


def _from_json(text: str) -> Any:
    # Most lists in the store are empty: of subscribers who chose no themes. They are read very often.
    return [] if text == "[]" else json.loads(text)


def _speak_sqlite(engine: Engine) -> None:
    """Set up connections: foreign keys, synchronous writes, and transactions that begin at once, not at the first
    write as pysqlite's do."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        # FULL: a delivery that was committed as claimed stays so after a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if "digest_patience" in options:  # a connection to SQLite is closed after use, so nobody else gets it
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(options['digest_patience'] * 1000)}")
        immediate = options.get("digest_immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _speak_postgresql(engine: Engine) -> None:
    """Set the lock time-out of each transaction, if the caller gave one; PostgreSQL has none by default."""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        patience = connection.get_execution_options().get("digest_patience")
        if patience is not None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")


def _migrate(store: Store) -> None:
    """Migrate the store to the newest schema. One process migrates; others wait and find it done."""
    from digest.store.migrations import newest, upgrade

    if schema_version(store) == newest():
        return
    if store.is_sqlite:
        _prepare_sqlite(store)
    with _migration_lock(store) as connection:
        upgrade(connection)


def schema_version(store: Store) -> str:
    """Return the schema's revision; "" if there is none yet, or if the database is another program's."""
    try:
        with store.engine.connect() as connection:
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    except (SQLAlchemyError, sqlite3.Error):
        return ""


def _prepare_sqlite(store: Store) -> None:
    """Set WAL mode and the application id, outside any transaction, as SQLite requires."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with closing(store.engine.raw_connection()) as raw:
                cursor = raw.cursor()
                _refuse_foreign(cursor, str(store.engine.url.database))
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute(f"PRAGMA application_id={APPLICATION_ID}")
            return
        except sqlite3.Error as error:
            # Changing the journal mode ignores the busy time-out while another process does the same.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _refuse_foreign(cursor: Any, path: str) -> None:
    """Raise StoreError if the database belongs to another program."""
    (application_id,) = cursor.execute("PRAGMA application_id").fetchone()
    names = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if application_id != APPLICATION_ID and (application_id or names) and "alembic_version" not in names:
        raise StoreError(f"{path} belongs to another program.", "Choose another [store] url.")


@contextmanager
def _migration_lock(store: Store) -> Iterator[Connection]:
    transaction: AbstractContextManager[Connection] = store.writing()
    with transaction as connection:
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        yield connection
