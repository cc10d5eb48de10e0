"""The ledger of deliveries: one row per edition and subscriber. Every transition has its one home here.

    queue ──▶ queued ──claim──▶ sending ──record──▶ sent | deferred | failed
                │  ▲              │  └──release──▶ queued        DATA never began
                │  └────retry─────┼──────────────── failed | uncertain, when asked
                └──claim──▶ suppressed               deferred ──claim──▶ sending, when due
                                  └──sweep──▶ uncertain ──reconcile──▶ sent | failed

Each is a compare-and-set: the row moves only from the states it may come from, and only the claimant may record. A
claim is committed before SMTP begins. `uncertain` leaves that state only by the claimant's own late answer, by what the
mail server's log says, or by a person's order.

Every function takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from digest.model import Claim, Delivery, DeliveryCounts, DeliveryState, Reply, Settled, SubscriberStatus
from digest.store.schema import deliveries, subscribers, suppressions

S = DeliveryState
OPEN = (S.QUEUED, S.SENDING, S.DEFERRED)
"""States in which an edition still has work to do."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look at the waiting deliveries brought."""

    claims: list[Claim]
    suppressed: int  # readers who have left since they were queued
    last: int  # the highest id looked at; 0 when nothing waits


# --- Queueing ---------------------------------------------------------------------------------------------------------


def queue(connection: Connection, week: str, *, now: datetime) -> int:
    """Give every active subscriber who has none a delivery of `week`, in one statement; returns how many were added.

    Whoever is on the suppression list gets one too, already `suppressed`, so that every candidate is accounted for.
    """
    none_yet = ~select(1).where(deliveries.c.week == week, deliveries.c.subscriber == subscribers.c.id).exists()
    chosen = (
        select(
            literal(week),
            subscribers.c.id,
            subscribers.c.email,
            case((suppressions.c.hash.is_(None), S.QUEUED.value), else_=S.SUPPRESSED.value),
            literal(""),
            func.coalesce(suppressions.c.reason, ""),
            literal(now, deliveries.c.updated_at.type),
        )
        .select_from(subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash))
        .where(subscribers.c.status == SubscriberStatus.ACTIVE.value, none_yet)
        .order_by(subscribers.c.id)
    )
    columns = ["week", "subscriber", "email", "state", "message_id", "reply_text", "updated_at"]
    added = _insert(connection).from_select(columns, chosen).on_conflict_do_nothing()
    number = int(connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount)
    if connection.dialect.name == "postgresql":
        # Claims begin at once, long before PostgreSQL would look by itself at what the table has become.
        connection.exec_driver_sql("ANALYZE deliveries")
    return number


def _insert(connection: Connection) -> Any:
    """Both databases know ON CONFLICT, each in its dialect: two senders that queue at once add each row once."""
    return sqlite.insert(deliveries) if connection.dialect.name == "sqlite" else postgresql.insert(deliveries)


def queue_one(connection: Connection, week: str, subscriber: int, *, now: datetime) -> bool:
    """A delivery of `week` for one active subscriber: a newcomer. False when they have one or are not active."""
    row = connection.execute(
        select(subscribers.c.email).where(
            subscribers.c.id == subscriber, subscribers.c.status == SubscriberStatus.ACTIVE.value
        )
    ).one_or_none()
    if row is None:
        return False
    added = _insert(connection).values(
        week=week, subscriber=subscriber, email=row.email, state=S.QUEUED.value, message_id="", updated_at=now
    )
    done = connection.execute(added.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True})
    return bool(done.rowcount == 1)


def queue_correction(connection: Connection, week: str, correction: str, *, now: datetime) -> int:
    """A delivery of `correction` ("2019-W12+1") for exactly those who got `week` and are still subscribed."""
    none_yet = ~(
        select(1)
        .where(deliveries.c.week == correction, deliveries.c.subscriber == subscribers.c.id)
        .correlate(subscribers)
        .exists()
    )
    got = deliveries.alias("got")
    chosen = (
        select(
            literal(correction),
            subscribers.c.id,
            subscribers.c.email,
            literal(S.QUEUED.value),
            literal(""),
            literal(now, deliveries.c.updated_at.type),
        )
        .select_from(got.join(subscribers, subscribers.c.id == got.c.subscriber))
        .where(got.c.week == week, got.c.state.in_([S.SENT.value, S.UNCERTAIN.value]), none_yet)
        .order_by(subscribers.c.id)
    )
    columns = ["week", "subscriber", "email", "state", "message_id", "updated_at"]
    added = _insert(connection).from_select(columns, chosen).on_conflict_do_nothing()
    return int(connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount)


def is_queued(connection: Connection, week: str) -> bool:
    """Whether deliveries of `week` exist: its audience is fixed."""
    return connection.execute(select(deliveries.c.id).where(deliveries.c.week == week).limit(1)).first() is not None


# --- Claiming, recording, releasing -----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _waiting(dialect: str, limit: int, state: DeliveryState) -> Select[Any]:
    """The rows that wait, with what addresses them. Kept: building the statement costs more than running it.

    The few rows are found first and joined then: PostgreSQL would otherwise join all readers for each claim.
    """
    found = (
        select(
            deliveries.c.id,
            deliveries.c.week,
            deliveries.c.subscriber,
            deliveries.c.email,
            deliveries.c.attempts,
            deliveries.c.first_at,
        )
        .where(
            deliveries.c.week == bindparam("week"),
            deliveries.c.state == bindparam("state"),
            deliveries.c.id > bindparam("after"),
        )
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    if state is S.DEFERRED:
        found = found.where(deliveries.c.not_before <= bindparam("due", type_=deliveries.c.not_before.type))
    if dialect == "sqlite":  # its write lock is already held
        few = found.cte("few")
    else:  # two senders never wait for each other's rows
        few = found.with_for_update(skip_locked=True).cte("few").prefix_with("MATERIALIZED")
    joined = few.outerjoin(subscribers, subscribers.c.id == few.c.subscriber).outerjoin(
        suppressions, suppressions.c.hash == subscribers.c.hash
    )
    columns = (subscribers.c.name, subscribers.c.themes, subscribers.c.language, subscribers.c.status)
    return select(few, *columns, suppressions.c.reason).select_from(joined).order_by(few.c.id)


def claim(
    connection: Connection,
    week: str,
    limit: int,
    *,
    by: str,
    now: datetime,
    lease: timedelta,
    message_id: Callable[[int], str],
    after: int = 0,
    state: DeliveryState = DeliveryState.QUEUED,
) -> Batch:
    """Claim up to `limit` deliveries that wait in `state` (queued, or deferred and due), in order, beyond id `after`.

    Rows of readers who have left,
    paused, were erased or suppressed since become `suppressed` and are not among the claims. Call it in a writing
    transaction and commit before SMTP begins. `message_id` gives a subscriber's Message-ID.
    """
    values: dict[str, Any] = {"week": week, "after": after, "state": state.value}
    if state is S.DEFERRED:
        values["due"] = now
    rows = connection.execute(_waiting(connection.dialect.name, limit, state), values).all()
    claims, changes = [], []
    for row in rows:
        refused = _refused(row)
        if not refused:
            first_at = row.first_at or now
            claims.append(
                Claim(
                    row.id,
                    row.week,
                    row.subscriber,
                    row.email,
                    row.name,
                    tuple(row.themes),
                    row.language,
                    row.attempts,
                    first_at,
                )
            )
        changes.append(
            {
                "b_id": row.id,
                "b_from": state.value,
                "b_state": S.SUPPRESSED.value if refused else S.SENDING.value,
                "b_by": by,
                "b_lease": None if refused else now + lease,
                "b_first": row.first_at or (None if refused else now),
                "b_message_id": "" if refused else message_id(row.subscriber),
                "b_text": refused,
                "b_now": now,
            }
        )
    if changes:
        connection.execute(_CLAIM, changes)
    return Batch(claims, len(rows) - len(claims), rows[-1].id if rows else 0)


_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"), deliveries.c.state == bindparam("b_from"))
    .values(
        state=bindparam("b_state"),
        claimed_by=bindparam("b_by"),
        lease_until=bindparam("b_lease"),
        first_at=bindparam("b_first"),
        message_id=bindparam("b_message_id"),
        reply_text=bindparam("b_text"),
        updated_at=bindparam("b_now"),
    )
)


def _refused(row: Row[Any]) -> str:
    """Why this reader gets nothing, at the moment of claiming; "" for a reader who does."""
    if row.status is None:
        return "erased"
    if row.reason is not None:
        return str(row.reason)
    return "" if row.status == SubscriberStatus.ACTIVE.value else str(row.status)


_RECORD = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("b_id"),
        deliveries.c.claimed_by == bindparam("b_by"),
        # The claimant's own answer also settles what a sweep called uncertain meanwhile.
        or_(deliveries.c.state == S.SENDING.value, deliveries.c.state == S.UNCERTAIN.value),
    )
    .values(
        state=bindparam("b_state"),
        attempts=deliveries.c.attempts + 1,
        lease_until=None,
        not_before=bindparam("b_not_before"),
        reply_code=bindparam("b_code"),
        reply_enhanced=bindparam("b_enhanced"),
        reply_text=bindparam("b_text"),
        queue_id=bindparam("b_queue_id"),
        updated_at=bindparam("b_now"),
    )
)


def record(connection: Connection, records: Sequence[Settled], *, by: str, now: datetime) -> None:
    """Write down what became of claimed deliveries. Rows that `by` no longer holds are left alone."""
    if records:
        connection.execute(
            _RECORD,
            [
                {
                    "b_id": one.id,
                    "b_by": by,
                    "b_state": one.state.value,
                    "b_not_before": one.not_before,
                    "b_code": one.reply.code,
                    "b_enhanced": one.reply.enhanced[:16],
                    "b_text": one.reply.text,
                    "b_queue_id": one.reply.queue_id,
                    "b_now": now,
                }
                for one in records
            ],
        )


def release(connection: Connection, ids: Sequence[int], *, by: str, now: datetime) -> None:
    """Give back claimed deliveries of which the server cannot have got a message."""
    if ids:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids), deliveries.c.claimed_by == by, deliveries.c.state == S.SENDING.value)
            .values(state=S.QUEUED.value, lease_until=None, updated_at=now)
        )


def sweep(connection: Connection, week: str, *, now: datetime, is_dead: Callable[[str], bool]) -> int:
    """Claims whose sender is dead, or whose lease ran out, become `uncertain`. Returns how many."""
    held = connection.execute(
        select(deliveries.c.id, deliveries.c.claimed_by, deliveries.c.lease_until).where(
            deliveries.c.week == week, deliveries.c.state == S.SENDING.value
        )
    ).all()
    dead = [row.id for row in held if (row.lease_until and row.lease_until <= now) or is_dead(row.claimed_by)]
    if not dead:
        return 0
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(dead), deliveries.c.state == S.SENDING.value)
        .values(
            state=S.UNCERTAIN.value,
            lease_until=None,
            attempts=deliveries.c.attempts + 1,
            reply_text="the sender died before the server's answer was recorded",
            updated_at=now,
        )
    ).rowcount


def give_up(connection: Connection, week: str, *, now: datetime, deadline: timedelta) -> int:
    """Deferred deliveries first tried longer ago than `deadline` become `failed`; the last answer stays."""
    return connection.execute(
        update(deliveries)
        .where(
            deliveries.c.week == week, deliveries.c.state == S.DEFERRED.value, deliveries.c.first_at <= now - deadline
        )
        .values(state=S.FAILED.value, not_before=None, updated_at=now)
    ).rowcount


def doubt(connection: Connection, week: str, *, now: datetime) -> int:
    """After a restored backup: what is open may have been sent, and becomes `uncertain`. Returns how many."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.week == week, deliveries.c.state.in_([state.value for state in OPEN]))
        .values(
            state=S.UNCERTAIN.value,
            lease_until=None,
            not_before=None,
            reply_text="the store was restored from a backup; this may have been sent",
            updated_at=now,
        )
    ).rowcount


def retry(connection: Connection, week: str | None, states: Iterable[DeliveryState], *, now: datetime) -> int:
    """Queue again, on a person's order, what failed, is deferred or uncertain. Returns how many."""
    allowed = {S.FAILED, S.UNCERTAIN, S.DEFERRED}
    chosen = [state.value for state in states if state in allowed]
    statement = update(deliveries).where(deliveries.c.state.in_(chosen), deliveries.c.email != "")
    if week is not None:
        statement = statement.where(deliveries.c.week == week)
    return connection.execute(
        statement.values(
            state=S.QUEUED.value, not_before=None, first_at=None, claimed_by="", reply_text="", updated_at=now
        )
    ).rowcount


def reconcile(connection: Connection, message_id: str, state: DeliveryState, reply: Reply, *, now: datetime) -> bool:
    """Settle an uncertain delivery by what the mail server's log says about its Message-ID."""
    return (
        connection.execute(
            update(deliveries)
            .where(deliveries.c.message_id == message_id, deliveries.c.state == S.UNCERTAIN.value)
            .values(
                state=state.value,
                reply_code=reply.code,
                reply_enhanced=reply.enhanced[:16],
                reply_text=reply.text,
                queue_id=reply.queue_id,
                updated_at=now,
            )
        ).rowcount
        == 1
    )


# --- Reading ----------------------------------------------------------------------------------------------------------


def counts(connection: Connection, week: str) -> DeliveryCounts:
    """How many deliveries of `week` are in each state."""
    rows = connection.execute(
        select(deliveries.c.state, func.count()).where(deliveries.c.week == week).group_by(deliveries.c.state)
    ).all()
    return DeliveryCounts(**{str(state): int(number) for state, number in rows})


def last_change(connection: Connection, week: str) -> datetime | None:
    """When sending last did something: queued, tried or settled a delivery. A reader who leaves is no such thing."""
    found: datetime | None = connection.execute(
        select(func.max(deliveries.c.updated_at)).where(
            deliveries.c.week == week, deliveries.c.state != S.SUPPRESSED.value
        )
    ).scalar_one()
    return found


def listed(
    connection: Connection,
    *,
    week: str | None = None,
    state: DeliveryState | None = None,
    subscriber: int | None = None,
    limit: int | None = None,
) -> Iterator[Delivery]:
    """Deliveries in order, streamed: memory stays flat however many there are."""
    statement = select(deliveries).order_by(deliveries.c.id)
    if week is not None:
        statement = statement.where(deliveries.c.week == week)
    if state is not None:
        statement = statement.where(deliveries.c.state == state.value)
    if subscriber is not None:
        statement = statement.where(deliveries.c.subscriber == subscriber)
    if limit is not None:
        statement = statement.limit(limit)
    for row in connection.execute(statement, execution_options={"yield_per": 1000}):
        yield _delivery(row)


def one_of_each_audience(connection: Connection, week: str, *, now: datetime) -> list[Claim]:
    """For each set of themes and language among the queued, one reader's delivery: enough to try every letter."""
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.email,
            deliveries.c.subscriber,
            subscribers.c.name,
            subscribers.c.themes,
            subscribers.c.language,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(deliveries.c.week == week, deliveries.c.state == S.QUEUED.value)
    )
    found: dict[tuple[tuple[str, ...], str], Claim] = {}
    for row in connection.execute(statement, execution_options={"yield_per": 1000}):
        audience = (tuple(row.themes), row.language)
        if audience not in found:
            found[audience] = Claim(
                row.id, week, row.subscriber, row.email, row.name, audience[0], row.language, 0, now
            )
    return list(found.values())


def uncertain_message_ids(connection: Connection) -> set[str]:
    rows = connection.execute(select(deliveries.c.message_id).where(deliveries.c.state == S.UNCERTAIN.value))
    return {row.message_id for row in rows}


def _delivery(row: Row[Any]) -> Delivery:
    answered = row.reply_code or row.reply_text
    reply = Reply(row.reply_code, row.reply_enhanced, row.reply_text, row.queue_id) if answered else None
    return Delivery(
        row.id, row.week, row.subscriber, row.email, S(row.state), row.attempts, row.message_id, reply, row.updated_at
    )


# --- Privacy ----------------------------------------------------------------------------------------------------------


def forget_addresses(connection: Connection, *, before: datetime) -> int:
    """Blank the addresses (and answers, which may quote them) of deliveries settled before `before`; counts stay."""
    return connection.execute(
        update(deliveries)
        .where(
            deliveries.c.email != "",
            deliveries.c.updated_at < before,
            deliveries.c.state.not_in([state.value for state in OPEN]),
        )
        .values(email="", reply_text="")
    ).rowcount


def forget_subscriber(connection: Connection, subscriber: int, *, now: datetime) -> None:
    """Erase one reader's address from every delivery; what is still open becomes `suppressed`."""
    mine = deliveries.c.subscriber == subscriber
    still_open = and_(mine, or_(deliveries.c.state == S.QUEUED.value, deliveries.c.state == S.DEFERRED.value))
    connection.execute(update(deliveries).where(still_open).values(state=S.SUPPRESSED.value, updated_at=now))
    connection.execute(update(deliveries).where(mine).values(email="", reply_text=""))


def readdress(connection: Connection, subscriber: int, email: str) -> None:
    """A reader's new address, for what still waits to be sent."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.subscriber == subscriber, deliveries.c.state.in_([S.QUEUED.value, S.DEFERRED.value]))
        .values(email=email)
    )
