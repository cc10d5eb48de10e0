"""Readers: who they are, what they agreed to, and who must never be written to again.

Suppressions and consent are kept under keyed hashes of addresses, so that they outlive the reader's row. Every function
takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Text,
    and_,
    any_,
    case,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from digest.model import Listed, Standing, Subscriber, SubscriberStatus
from digest.store.bulk import insert_many
from digest.store.schema import consent, subscribers, suppressions


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber's row with what only the store and its keepers need."""

    subscriber: Subscriber
    key: str
    hash: str
    joined_at: datetime
    soft_bounces: int
    new_email: str


class NewReader(NamedTuple):  # a tuple is made in a third of the time, and an import makes a million
    email: str
    key: str
    hash: str
    name: str = ""
    themes: tuple[str, ...] = ()
    language: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE


class Consent(NamedTuple):
    """One line of a reader's history: who (as a hash), when, what, how, from where, in which words."""

    hash: str
    at: datetime
    what: str  # "subscribed", "confirmed", "unsubscribed", "paused", "suppressed", …
    how: str
    origin: str = ""
    wording: str = ""


def _reader(row: Row[Any]) -> Reader:
    return Reader(_subscriber(row), row.email_key, row.hash, row.joined_at, row.soft_bounces, row.new_email)


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(row.id, row.email, row.name, tuple(row.themes), row.language, SubscriberStatus(row.status))


# --- Finding ----------------------------------------------------------------------------------------------------------


def find(connection: Connection, number: int) -> Reader | None:
    row = connection.execute(select(subscribers).where(subscribers.c.id == number)).one_or_none()
    return None if row is None else _reader(row)


def find_by_key(connection: Connection, key: str) -> Reader | None:
    row = connection.execute(select(subscribers).where(subscribers.c.email_key == key)).one_or_none()
    return None if row is None else _reader(row)


def find_many(connection: Connection, keys: Sequence[str]) -> dict[str, Reader]:
    """The readers with these keys, by key."""
    rows = connection.execute(select(subscribers).where(_one_of(connection, subscribers.c.email_key, keys)))
    return {row.email_key: _reader(row) for row in rows}


def _one_of(connection: Connection, column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether the column is one of many values, given as one parameter: ten thousand take longer than the looking."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), postgresql.ARRAY(Text)))
    listed = func.json_each(literal(json.dumps(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def expect_many(connection: Connection) -> None:
    """Tell SQLite that much will be written over this connection: a larger cache, and fewer checkpoints.

    Keys and hashes fall all over their indexes; with the usual 2 MB, most of the time would go into reading and writing
    the same pages again and again. PostgreSQL has its own settings for this.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-49152")
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=20000")


_RECEIVING = (SubscriberStatus.ACTIVE.value, SubscriberStatus.PAUSED.value)
_standing = case(
    (
        and_(suppressions.c.hash.is_not(None), subscribers.c.status.in_(_RECEIVING)),
        literal(Standing.SUPPRESSED.value, Text),
    ),
    else_=subscribers.c.status,
)
_WITH_SUPPRESSIONS = subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash)


def stream(connection: Connection, standing: Standing | None = None) -> Iterator[Listed]:
    """Every subscriber, in order; memory stays flat however many there are."""
    reason = func.coalesce(suppressions.c.reason, "").label("reason")
    statement = select(subscribers, _standing.label("standing"), reason).select_from(_WITH_SUPPRESSIONS)
    if standing is not None:
        statement = statement.where(_standing == standing.value)
    for row in connection.execute(statement.order_by(subscribers.c.id), execution_options={"yield_per": 2000}):
        yield Listed(
            row.id, row.email, row.name, tuple(row.themes), row.language, Standing(row.standing), str(row.reason)
        )


def counts(connection: Connection) -> dict[Standing, int]:
    """How many readers have which standing."""
    # By number: PostgreSQL does not see that two parameters of the same value make the same expression.
    grouped = select(_standing, func.count()).select_from(_WITH_SUPPRESSIONS).group_by(text("1"))
    found = {Standing(standing): int(number) for standing, number in connection.execute(grouped)}
    return {standing: found.get(standing, 0) for standing in Standing}


def languages(connection: Connection) -> dict[str, int]:
    """How many active readers ask for which language; "" for those who ask for none."""
    counted = select(subscribers.c.language, func.count()).group_by(subscribers.c.language)
    # An index answers for all of them. The few on the suppression list are looked up one by one: coalesce() keeps
    # SQLite from going through everybody by that index.
    all_of_them = counted.where(subscribers.c.status == SubscriberStatus.ACTIVE.value)
    gone = counted.where(
        subscribers.c.hash.in_(select(suppressions.c.hash)),
        func.coalesce(subscribers.c.status, "") == SubscriberStatus.ACTIVE.value,
    )
    found = {str(language): int(number) for language, number in connection.execute(all_of_them)}
    for language, number in connection.execute(gone):
        found[language] -= number
    return {language: number for language, number in found.items() if number}


def highest_number(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(subscribers.c.id), 0))).scalar_one())


# --- Changing ---------------------------------------------------------------------------------------------------------


def alone(connection: Connection) -> None:
    """Nobody else adds or changes readers until this transaction ends: who was looked for and not there stays so.

    Call it first in the transaction. On SQLite a writing transaction is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE subscribers IN SHARE ROW EXCLUSIVE MODE")


def add_many(connection: Connection, readers: Sequence[NewReader], *, now: datetime) -> None:
    """Add readers whose keys are not there yet, in a transaction that is `alone`."""
    if readers:
        emails, keys, hashes, names, themes, languages, statuses = zip(*readers, strict=True)
        columns = {
            "email": emails,
            "email_key": keys,
            "name": names,
            "themes": themes,
            "language": languages,
            "status": [str(status) for status in statuses],
            "joined_at": [now] * len(readers),
            "hash": hashes,
        }
        insert_many(connection, subscribers, columns)


def change(connection: Connection, number: int, **values: Any) -> None:
    """Set columns of one reader: `email`, `email_key`, `hash`, `name`, `themes`, `language`, `new_email`, …"""
    if "themes" in values:
        values["themes"] = list(values["themes"])
    connection.execute(update(subscribers).where(subscribers.c.id == number).values(**values))


def move(connection: Connection, number: int, origins: Iterable[SubscriberStatus], target: SubscriberStatus) -> bool:
    """Compare-and-set of the status: False when the reader was in none of the `origins`."""
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == number, subscribers.c.status.in_([status.value for status in origins]))
        .values(status=target.value)
    )
    return changed.rowcount == 1


def erase(connection: Connection, number: int) -> None:
    """Delete a reader's row. Deliveries, suppressions and consent are forgotten or kept by their own functions."""
    connection.execute(delete(subscribers).where(subscribers.c.id == number))


def forget_pending(connection: Connection, *, before: datetime) -> int:
    """Delete those who asked before then and never confirmed."""
    return connection.execute(
        delete(subscribers).where(
            subscribers.c.status == SubscriberStatus.PENDING.value, subscribers.c.joined_at < before
        )
    ).rowcount


# --- Suppressions -----------------------------------------------------------------------------------------------------


def suppressed(connection: Connection, hashes: Sequence[str]) -> dict[str, str]:
    """Which of these hashes are on the suppression list, each with its reason."""
    rows = connection.execute(
        select(suppressions.c.hash, suppressions.c.reason).where(_one_of(connection, suppressions.c.hash, hashes))
    )
    return {row.hash: row.reason for row in rows}


def suppress(connection: Connection, hashes: Iterable[str], *, reason: str, at: datetime) -> None:
    """Put hashes on the list; one that is there keeps its first reason."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = [{"hash": one, "reason": reason, "at": at} for one in dict.fromkeys(hashes)]
    connection.execute(dialect.insert(suppressions).on_conflict_do_nothing(), values)


def unsuppress(connection: Connection, hashes: Sequence[str]) -> int:
    """Take hashes off the list: only for a reader who asked for it and proved that the address is theirs."""
    return connection.execute(delete(suppressions).where(suppressions.c.hash.in_(hashes))).rowcount


# --- Consent ----------------------------------------------------------------------------------------------------------


def note_consent(connection: Connection, lines: Sequence[Consent]) -> None:
    """Add lines to readers' histories; they are never changed again."""
    if lines:
        insert_many(connection, consent, dict(zip(Consent._fields, zip(*lines, strict=True), strict=True)))


def history(connection: Connection, hashes: Sequence[str]) -> list[Consent]:
    """A reader's history, oldest first."""
    rows = connection.execute(select(consent).where(consent.c.hash.in_(hashes)).order_by(consent.c.id))
    return [Consent(row.hash, row.at, row.what, row.how, row.origin, row.wording) for row in rows]
