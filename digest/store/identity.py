"""The store's name, its key's fingerprint, the database that it lies in, and the last sending run of each mailing."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from digest.model import Mailing
from digest.store.schema import sending_runs, store_identity


def name(connection: Connection) -> str:
    """Return the store's name; "" if it has none."""
    return str(connection.execute(select(store_identity.c.name)).scalar_one_or_none() or "")


def ensure_name(connection: Connection) -> str:
    """Return the store's name; give it one if it has none. Two programs that do so at once get the same name."""
    statement = _insert(connection, store_identity).values(id=1, name=uuid.uuid4().hex)
    connection.execute(statement.on_conflict_do_nothing())
    return name(connection)


def key_fingerprint(connection: Connection) -> str:
    """Return the fingerprint of the secret key that the store was made with; "" if none was adopted yet."""
    return str(connection.execute(select(store_identity.c.key_fingerprint)).scalar_one_or_none() or "")


def set_key_fingerprint(connection: Connection, fingerprint: str) -> None:
    """Adopt a key. The store has a name by then."""
    connection.execute(update(store_identity).values(key_fingerprint=fingerprint))


def lock(connection: Connection) -> None:
    """Keep other programs from changing the store's identity until the transaction ends."""
    connection.execute(select(store_identity.c.id).with_for_update())


def place(connection: Connection) -> str:
    """Return the database for which the store was accepted; "" for none, and on SQLite."""
    return str(connection.execute(select(store_identity.c.place)).scalar_one_or_none() or "")


def present_place(connection: Connection) -> str:
    """Return what names the database that the store lies in; "" on SQLite, whose files may be moved.

    A dump that is loaded into another server, another database, or this one once more, makes another table at least.
    """
    if connection.dialect.name == "sqlite":
        return ""
    database, table = connection.execute(
        text("SELECT oid, CAST('store_identity' AS regclass)::oid FROM pg_database WHERE datname = current_database()")
    ).one()
    server = ""
    if connection.execute(text("SELECT has_function_privilege('pg_control_system()', 'execute')")).scalar_one():
        server = connection.execute(text("SELECT system_identifier FROM pg_control_system()")).scalar_one()
    return f"{server}/{database}/{table}"


def accept_place(connection: Connection) -> None:
    """Accept the store where it is now: it is no restored copy any more. The store has a name by then."""
    connection.execute(update(store_identity).values(place=present_place(connection), restored_from=None))


def restored_from(connection: Connection) -> datetime | None:
    """Return when the backup was made that this store was restored from; None once a person has accepted the store."""
    moment: datetime | None = connection.execute(select(store_identity.c.restored_from)).scalar_one_or_none()
    return moment


def set_restored(connection: Connection, moment: datetime) -> None:
    """Record that this is a copy, of that moment."""
    connection.execute(update(store_identity).values(place=present_place(connection), restored_from=moment))


def has_sent(connection: Connection) -> bool:
    """Whether any run has sent from the store, here or where it was before."""
    return bool(connection.execute(select(func.count()).select_from(sending_runs)).scalar_one())


def run_number(connection: Connection, mailing: Mailing) -> int:
    """Return the number of the last run that sent the mailing; 0 if there was none."""
    number = connection.execute(
        select(sending_runs.c.number).where(sending_runs.c.mailing == mailing)
    ).scalar_one_or_none()
    return int(number or 0)


def set_run_number(connection: Connection, mailing: Mailing, number: int) -> None:
    statement = _insert(connection, sending_runs).values(mailing=mailing, number=number)
    connection.execute(statement.on_conflict_do_update(index_elements=["mailing"], set_={"number": number}))


def _insert(connection: Connection, table: Any) -> Any:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
