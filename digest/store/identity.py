"""The store's name, the fingerprint of its secret key, and the number of the last sending run of each mailing."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection, select, update
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
