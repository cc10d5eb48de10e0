"""Bounces: one row for each subscriber and mailing that did not arrive, and what became of it.

    add ──▶ new ──▶ counted ──▶ on hold ──▶ accepted | dismissed      by an operator
             │                    ▲   │
             └────────────────────┘   └── stays until an operator decides: nothing is forgotten meanwhile

Every function takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from digest.model import Bounce, BounceState, DeliveryState, Mailing, SubscriberStatus, SuppressionReason
from digest.store.many_rows import one_of
from digest.store.schema import bounces, deliveries, mailbox_readings, subscribers, suppressions
from digest.week import Week

_OPEN = (BounceState.NEW.value, BounceState.COUNTED.value, BounceState.ON_HOLD.value)


class NewBounce(NamedTuple):
    """`digest.model.Bounce` says what the columns hold."""

    subscriber: int
    batch: str
    hard: bool
    returned: bool
    cause: str
    code: str
    detail: str
    at: datetime


def add(connection: Connection, new: NewBounce) -> bool:
    """Record a bounce. It counts once for each subscriber and batch, as the worst that was reported.

    False if nothing changed: it was recorded before, or an operator has decided about it.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(bounces).values(
        **new._replace(code=new.code[:16])._asdict(), state=BounceState.NEW.value, hold="", suppressed=False
    )
    excluded = statement.excluded
    worse = and_(
        bounces.c.state.in_(_OPEN),
        bounces.c.suppressed.is_(False),
        excluded.hard.is_(True),
        or_(bounces.c.hard.is_(False), and_(excluded.returned.is_(True), bounces.c.returned.is_(False))),
    )
    changed = {name: excluded[name] for name in ("hard", "returned", "cause", "code", "detail", "state", "hold")}
    statement = statement.on_conflict_do_update(index_elements=["subscriber", "batch"], set_=changed, where=worse)
    result = connection.execute(statement, execution_options={"preserve_rowcount": True})
    return bool(result.rowcount == 1)


def lock_counting(connection: Connection) -> None:
    """Let nobody else count bounces until this transaction ends. Recording them goes on.

    On SQLite a writing transaction excludes others anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('digest.bounces'))")


def new_batches(connection: Connection) -> list[str]:
    """Return the batches with bounces that are not counted yet, the oldest first."""
    fresh = select(bounces.c.batch).where(bounces.c.state == BounceState.NEW.value)
    statement = (
        select(bounces.c.batch)
        .where(bounces.c.batch.in_(fresh))
        .group_by(bounces.c.batch)
        .order_by(func.min(bounces.c.at), bounces.c.batch)
    )
    return [row.batch for row in connection.execute(statement)]


def of_batch(connection: Connection, batch: str) -> list[Bounce]:
    return [_bounce(row) for row in connection.execute(_rows().where(bounces.c.batch == batch))]


def find_many(connection: Connection, ids: Collection[int]) -> list[Bounce]:
    return [_bounce(row) for row in connection.execute(_rows().where(one_of(connection, bounces.c.id, ids)))]


def of_subscriber(connection: Connection, subscriber: int) -> list[Bounce]:
    return [_bounce(row) for row in connection.execute(_rows().where(bounces.c.subscriber == subscriber))]


def suppressed_by_another(connection: Connection, batch: str) -> set[int]:
    """Return which subscribers of a batch were suppressed by a bounce of another one."""
    here = select(bounces.c.subscriber).where(bounces.c.batch == batch)
    statement = select(bounces.c.subscriber).where(
        bounces.c.suppressed.is_(True), bounces.c.batch != batch, bounces.c.subscriber.in_(here)
    )
    return set(connection.scalars(statement))


def stream(connection: Connection, state: BounceState) -> Iterator[Bounce]:
    """Yield the bounces in this state, the oldest first; memory stays flat."""
    statement = _rows().where(bounces.c.state == state.value)
    for row in connection.execute(statement, execution_options={"yield_per": 1000}):
        yield _bounce(row)


def count_on_hold(connection: Connection) -> int:
    statement = select(func.count()).select_from(bounces).where(bounces.c.state == BounceState.ON_HOLD.value)
    return int(connection.execute(statement).scalar_one())


def _rows() -> Select[Any]:
    columns = (bounces, subscribers.c.email, subscribers.c.status)
    return select(*columns).join(subscribers, subscribers.c.id == bounces.c.subscriber).order_by(bounces.c.id)


def _bounce(row: Row[Any]) -> Bounce:
    return Bounce(
        row.id,
        row.subscriber,
        row.email,
        SubscriberStatus(row.status),
        row.batch,
        row.hard,
        row.returned,
        row.cause,
        row.code,
        row.detail,
        row.at,
        BounceState(row.state),
        row.hold,
        row.suppressed,
    )


def change(connection: Connection, ids: Collection[int], state: BounceState, *, hold: str = "") -> None:
    """Set the state of bounces, and why they are on hold."""
    if ids:
        connection.execute(
            update(bounces).where(one_of(connection, bounces.c.id, ids)).values(state=state.value, hold=hold)
        )


def mark_suppressed(connection: Connection, ids: Collection[int], *, suppressed: bool) -> None:
    """Record whether these bounces put their addresses on the suppression list."""
    if ids:
        connection.execute(update(bounces).where(one_of(connection, bounces.c.id, ids)).values(suppressed=suppressed))


def dismiss(connection: Connection, subscriber: int) -> None:
    """Let no earlier bounce count against a subscriber: the address works again, or an operator says so."""
    connection.execute(
        update(bounces)
        .where(bounces.c.subscriber == subscriber)
        .values(state=BounceState.DISMISSED.value, hold="", suppressed=False)
    )


# --- What they are measured by ----------------------------------------------------------------------------------------


def recipients(connection: Connection, mailing: Mailing | None) -> int:
    """Return how many subscribers a mailing was for; without one, how many are active."""
    if mailing is None:
        active = subscribers.c.status == SubscriberStatus.ACTIVE.value
        return int(connection.execute(select(func.count()).select_from(subscribers).where(active)).scalar_one())
    counted = select(func.count()).where(
        deliveries.c.week == mailing, deliveries.c.state != DeliveryState.SUPPRESSED.value
    )
    return int(connection.execute(counted).scalar_one())


def recipients_at(connection: Connection, domain: str) -> int:
    """Return how many active subscribers have an address at this domain."""
    statement = (
        select(func.count())
        .select_from(subscribers)
        .where(
            subscribers.c.status == SubscriberStatus.ACTIVE.value,
            func.lower(subscribers.c.email).endswith(f"@{domain.lower()}", autoescape=True),
        )
    )
    return int(connection.execute(statement).scalar_one())


def complaints(connection: Connection, since: datetime) -> int:
    """Return how many subscribers complained since then."""
    complaint = SuppressionReason.COMPLAINT.value
    counted = (
        select(func.count())
        .select_from(suppressions.join(subscribers, subscribers.c.hash == suppressions.c.hash))
        .where(or_(suppressions.c.reason == complaint, suppressions.c.also == complaint), suppressions.c.at >= since)
    )
    return int(connection.execute(counted).scalar_one())


def sent_in(connection: Connection, weeks: Iterable[Week]) -> int:
    """Return how many messages of these weeks' editions were sent."""
    counted = select(func.count()).where(
        deliveries.c.week.in_([Mailing(week) for week in weeks]), deliveries.c.state == DeliveryState.SENT.value
    )
    return int(connection.execute(counted).scalar_one())


# --- Readings of the mailbox ------------------------------------------------------------------------------------------


def record_reading(connection: Connection, mailbox: str, *, at: datetime) -> None:
    """Record that a mailbox (the hash of its place) was read to its end."""
    same = mailbox_readings.c.mailbox == mailbox
    if connection.execute(update(mailbox_readings).where(same).values(at=at)).rowcount == 0:
        connection.execute(insert(mailbox_readings).values(mailbox=mailbox, at=at))


def last_reading(connection: Connection, mailboxes: Iterable[str]) -> datetime | None:
    """Return when the mailbox with one of these hashes was last read to its end; None for never."""
    newest = select(func.max(mailbox_readings.c.at)).where(mailbox_readings.c.mailbox.in_(list(mailboxes)))
    moment: datetime | None = connection.execute(newest).scalar_one()
    return moment
