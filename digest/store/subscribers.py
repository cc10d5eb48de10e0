"""Subscribers: who they are, what they agreed to, and who must never get mail again.

Suppressions and consent are kept under keyed hashes of addresses, so that they outlive the subscriber's row. Every
function takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    and_,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from digest.model import (
    ConsentEvent,
    Frequency,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from digest.store.many_rows import insert_many, one_of
from digest.store.schema import consent, subscribers, suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubscriber(Subscriber):
    """A subscriber's whole row, with what only the store and those who change the row need."""

    key: str  # of the address: `Address.key`
    hash: str
    joined_at: datetime
    soft_bounces: int
    new_email: str  # asked for and not confirmed yet


class NewSubscriber(NamedTuple):  # a tuple is faster to make than a dataclass, and an import makes very many
    email: str
    key: str
    hash: str
    name: str = ""
    themes: tuple[str, ...] = ()
    language: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE
    frequency: Frequency = Frequency.WEEKLY
    paused_until: datetime | None = None


class Consent(NamedTuple):
    """One line of a subscriber's history: who (as a hash), when, what, how, from where, in which words."""

    hash: str
    at: datetime
    what: ConsentEvent
    how: str
    origin: str = ""
    wording: str = ""  # what the subscriber agreed to
    detail: str = ""  # which preferences were changed, or the hashes of an old address


def _subscriber(row: Row[Any]) -> StoredSubscriber:
    return StoredSubscriber(
        row.id,
        row.email,
        row.name,
        tuple(row.themes),
        row.language,
        SubscriberStatus(row.status),
        Frequency(row.frequency),
        row.paused_until,
        key=row.email_key,
        hash=row.hash,
        joined_at=row.joined_at,
        soft_bounces=row.soft_bounces,
        new_email=row.new_email,
    )


# --- Finding ----------------------------------------------------------------------------------------------------------


def find(connection: Connection, number: int) -> StoredSubscriber | None:
    row = connection.execute(select(subscribers).where(subscribers.c.id == number)).one_or_none()
    return None if row is None else _subscriber(row)


def find_by_key(connection: Connection, key: str) -> StoredSubscriber | None:
    row = connection.execute(select(subscribers).where(subscribers.c.email_key == key)).one_or_none()
    return None if row is None else _subscriber(row)


def find_many(connection: Connection, keys: Sequence[str]) -> dict[str, StoredSubscriber]:
    """The subscribers with these keys, by key."""
    rows = connection.execute(select(subscribers).where(one_of(connection, subscribers.c.email_key, keys)))
    return {row.email_key: _subscriber(row) for row in rows}


def expect_many(connection: Connection) -> None:
    """Tell SQLite that much will be written over this connection: a larger cache, and fewer checkpoints.

    Keys and hashes fall all over their indexes; with the usual 2 MB, most of the time would go into reading and writing
    the same pages again and again. PostgreSQL has its own settings for this.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-49152")
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=20000")


suppression_text = case(
    (
        and_(suppressions.c.reason == SuppressionReason.OPERATOR.value, suppressions.c.detail != ""),
        suppressions.c.detail,
    ),
    (suppressions.c.detail != "", suppressions.c.reason + " " + suppressions.c.detail),
    else_=suppressions.c.reason,
)
"""What `str()` makes of a Suppression, as SQL; NULL where there is none."""


def stream_keys(connection: Connection) -> Iterator[str]:
    """Yield the key of every subscriber's address."""
    yield from connection.scalars(select(subscribers.c.email_key), execution_options={"yield_per": 2000})


def active_at(connection: Connection, domain: str) -> int:
    """How many active subscribers have an address at this domain (ASCII). Looks at every row."""
    counted = select(func.count()).where(
        subscribers.c.status == SubscriberStatus.ACTIVE.value,
        subscribers.c.email_key.endswith(f"@{domain}", autoescape=True),
    )
    return int(connection.execute(counted).scalar_one())


def highest_number(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(subscribers.c.id), 0))).scalar_one())


# --- Changing ---------------------------------------------------------------------------------------------------------


def lock_table(connection: Connection) -> None:
    """Let nobody else add or change subscribers until this transaction ends: an address not found now stays unused.

    Call it first in the transaction. On SQLite a writing transaction excludes others anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE subscribers IN SHARE ROW EXCLUSIVE MODE")


def add_many(connection: Connection, rows: Sequence[NewSubscriber], *, now: datetime) -> None:
    """Add subscribers whose keys are not there yet, in a transaction that began with `lock_table`."""
    if rows:
        emails, keys, hashes, names, themes, languages, statuses, frequencies, pauses = zip(*rows, strict=True)
        columns = {
            "email": emails,
            "email_key": keys,
            "name": names,
            "themes": themes,
            "language": languages,
            "status": [str(status) for status in statuses],
            "frequency": [str(frequency) for frequency in frequencies],
            "paused_until": pauses,
            "joined_at": [now] * len(rows),
            "hash": hashes,
        }
        insert_many(connection, subscribers, columns)


def change(connection: Connection, number: int, **values: Any) -> None:
    """Set columns of one subscriber: `email`, `email_key`, `hash`, `name`, `themes`, `language`, `frequency`, …"""
    if "themes" in values:
        values["themes"] = list(values["themes"])
    connection.execute(update(subscribers).where(subscribers.c.id == number).values(**values))


def move(connection: Connection, number: int, origins: Iterable[SubscriberStatus], target: SubscriberStatus) -> bool:
    """Compare-and-set of the status: False when the subscriber was in none of the `origins`. Ends a pause's date."""
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == number, subscribers.c.status.in_([status.value for status in origins]))
        .values(status=target.value, paused_until=None)
    )
    return changed.rowcount == 1


def erase(connection: Connection, number: int) -> None:
    """Delete a subscriber's row. Deliveries, suppressions and consent are forgotten or kept by their own functions."""
    connection.execute(delete(subscribers).where(subscribers.c.id == number))


def forget_pending(connection: Connection, *, before: datetime) -> int:
    """Delete those who asked before then and never confirmed."""
    return connection.execute(
        delete(subscribers).where(
            subscribers.c.status == SubscriberStatus.PENDING.value, subscribers.c.joined_at < before
        )
    ).rowcount


FINAL_REASONS = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT, SuppressionReason.ERASED)
"""What a subscriber wanted: only they lift it again."""


# --- Suppressions -----------------------------------------------------------------------------------------------------


def suppressed(connection: Connection, hashes: Sequence[str]) -> dict[str, Suppression]:
    """Return which of these hashes are on the suppression list, each with the reason."""
    rows = connection.execute(select(suppressions).where(one_of(connection, suppressions.c.hash, hashes)))
    return {row.hash: _suppression(row) for row in rows}


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(SuppressionReason(row.reason), row.detail, SuppressionReason(row.also) if row.also else None)


def suppress(connection: Connection, hashes: Iterable[str], suppression: Suppression, *, at: datetime) -> None:
    """Put hashes on the list; one that is there keeps its first reason.

    If they have unsubscribed, complained or been erased since, that is recorded beside it (`Suppression.also`).
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    also = suppression.also.value if suppression.also else ""
    same = {"reason": suppression.reason.value, "detail": suppression.detail, "at": at, "also": also}
    values = [{"hash": one, **same} for one in dict.fromkeys(hashes)]
    statement = dialect.insert(suppressions)
    if suppression.reason in FINAL_REASONS:
        # Not `not_in`, whose parameters many rows at once cannot have.
        others = [suppressions.c.reason != reason.value for reason in FINAL_REASONS]
        lasting = and_(suppressions.c.also == "", *others)
        statement = statement.on_conflict_do_update(
            index_elements=["hash"], set_={"also": suppression.reason.value}, where=lasting
        )
    else:
        statement = statement.on_conflict_do_nothing()
    connection.execute(statement, values)


def final_reason(suppressions_before: Iterable[Suppression]) -> SuppressionReason | None:
    """Return the reason among these that only the subscriber may lift; None if there is none."""
    reasons = [reason for one in suppressions_before for reason in (one.reason, one.also) if reason in FINAL_REASONS]
    return reasons[0] if reasons else None


def suppressed_since(
    connection: Connection, reason: SuppressionReason, since: datetime
) -> list[tuple[StoredSubscriber | None, str]]:
    """Return whose addresses were suppressed for this reason since then: the subscriber, if it is one, and the hash."""
    rows = connection.execute(
        select(suppressions.c.hash, subscribers.c.id)
        .select_from(suppressions.outerjoin(subscribers, subscribers.c.hash == suppressions.c.hash))
        .where(suppressions.c.reason == reason.value, suppressions.c.at >= since)
        .order_by(subscribers.c.id, suppressions.c.hash)
    ).all()
    return [(None if row.id is None else find(connection, row.id), row.hash) for row in rows]


def unsuppress(connection: Connection, hashes: Sequence[str]) -> int:
    """Take hashes off the list: only for a subscriber who asked for it and proved that the address is theirs."""
    return connection.execute(delete(suppressions).where(one_of(connection, suppressions.c.hash, hashes))).rowcount


# --- Consent ----------------------------------------------------------------------------------------------------------


def add_consent(connection: Connection, lines: Sequence[Consent]) -> None:
    """Add lines to subscribers' histories; they are never changed again."""
    if lines:
        insert_many(connection, consent, dict(zip(Consent._fields, zip(*lines, strict=True), strict=True)))


def history(connection: Connection, hashes: Sequence[str]) -> list[Consent]:
    """A subscriber's history, oldest first."""
    rows = connection.execute(select(consent).where(one_of(connection, consent.c.hash, hashes)).order_by(consent.c.id))
    return [
        Consent(row.hash, row.at, ConsentEvent(row.what), row.how, row.origin, row.wording, row.detail) for row in rows
    ]
