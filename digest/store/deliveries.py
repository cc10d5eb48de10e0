"""The ledger of deliveries: one row per edition and subscriber. Every transition has its one home, here or in `claims`.

    queue ──▶ queued ──claim──▶ sending ──record──▶ sent | deferred | failed
                │  ▲              │  └──release──▶ queued        DATA never began
                │  └────retry─────┼──────────────── failed | uncertain, by a person
                └──claim──▶ suppressed               deferred ──claim──▶ sending, when due
                                  └──sweep──▶ uncertain ──reconcile──▶ sent | failed

Each transition is a compare-and-set: it changes a row only from the states it may come from, and only the claimant may
record. A claim is committed before SMTP begins. A delivery leaves `uncertain` only by the claimant's late result, by
what the mail server's log says, or by a person's command.

Every function takes a connection: the caller's transaction decides what belongs together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from digest.model import Claim, Delivery, DeliveryCounts, DeliveryState, Frequency, Mailing, Reply
from digest.store.activity import is_active, is_of_frequency
from digest.store.schema import approvals, bounces, deliveries, subscribers, suppressions
from digest.store.subscribers import suppression_text

OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
"""States in which an edition still has work to do."""
_REVISION = func.coalesce(
    select(approvals.c.revision).where(approvals.c.id == deliveries.c.approval).scalar_subquery(), 0
).label("revision")


# --- Queueing ---------------------------------------------------------------------------------------------------------


def queue(connection: Connection, mailing: Mailing, *, now: datetime, monthly: bool = False) -> int:
    """Add a delivery of `mailing` for every active subscriber who has none, in one statement; return how many.

    Monthly subscribers are among them only if the mailing has the month's mail (`monthly`).
    For subscribers on the suppression list it is `suppressed` at once, so that every candidate is counted.
    """
    none_yet = ~select(1).where(deliveries.c.week == mailing, deliveries.c.subscriber == subscribers.c.id).exists()
    candidates = (
        select(
            literal(mailing, deliveries.c.week.type),
            subscribers.c.id,
            subscribers.c.email,
            case((suppressions.c.hash.is_(None), DeliveryState.QUEUED.value), else_=DeliveryState.SUPPRESSED.value),
            literal(""),
            func.coalesce(suppression_text, ""),
            literal(now, deliveries.c.updated_at.type),
        )
        .select_from(subscribers.outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash))
        .where(is_active(now), is_of_frequency(monthly=monthly), none_yet)
        .order_by(subscribers.c.id)
    )
    columns = ["week", "subscriber", "email", "state", "message_id", "reply_text", "updated_at"]
    added = _insert(connection).from_select(columns, candidates).on_conflict_do_nothing()
    number = int(connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount)
    if connection.dialect.name == "postgresql":
        # Claims begin at once, long before PostgreSQL would update the table's statistics by itself.
        connection.exec_driver_sql("ANALYZE deliveries")
    return number


def _insert(connection: Connection) -> Any:
    """Return an INSERT that supports ON CONFLICT, so that two senders that queue at once add each row only once."""
    return sqlite.insert(deliveries) if connection.dialect.name == "sqlite" else postgresql.insert(deliveries)


def queue_one(connection: Connection, mailing: Mailing, subscriber: int, *, now: datetime) -> bool:
    """Queue `mailing` for one new subscriber. False if they have a delivery of it or are not active."""
    row = connection.execute(
        select(subscribers.c.email).where(subscribers.c.id == subscriber, is_active(now))
    ).one_or_none()
    if row is None:
        return False
    added = _insert(connection).values(
        week=mailing,
        subscriber=subscriber,
        email=row.email,
        state=DeliveryState.QUEUED.value,
        message_id="",
        updated_at=now,
    )
    result = connection.execute(added.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True})
    return bool(result.rowcount == 1)


def queue_correction(connection: Connection, edition: Mailing, correction: Mailing, *, now: datetime) -> int:
    """Queue `correction` for exactly those who got `edition`; return how many.

    For subscribers who have unsubscribed since, it is `suppressed` at once, so that every one is counted.
    """
    is_inactive = or_(suppressions.c.hash.is_not(None), ~is_active(now))
    none_yet = ~(
        select(1)
        .where(deliveries.c.week == correction, deliveries.c.subscriber == subscribers.c.id)
        .correlate(subscribers)
        .exists()
    )
    earlier = deliveries.alias("earlier")
    candidates = (
        select(
            literal(correction, deliveries.c.week.type),
            subscribers.c.id,
            subscribers.c.email,
            case((is_inactive, DeliveryState.SUPPRESSED.value), else_=DeliveryState.QUEUED.value),
            literal(""),
            case((is_inactive, func.coalesce(suppression_text, subscribers.c.status)), else_=""),
            literal(now, deliveries.c.updated_at.type),
        )
        .select_from(
            earlier.join(subscribers, subscribers.c.id == earlier.c.subscriber).outerjoin(
                suppressions, suppressions.c.hash == subscribers.c.hash
            )
        )
        .where(
            earlier.c.week == edition,
            earlier.c.state.in_([DeliveryState.SENT.value, DeliveryState.UNCERTAIN.value]),
            none_yet,
        )
        .order_by(subscribers.c.id)
    )
    columns = ["week", "subscriber", "email", "state", "message_id", "reply_text", "updated_at"]
    added = _insert(connection).from_select(columns, candidates).on_conflict_do_nothing()
    return int(connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount)


def is_queued(connection: Connection, mailing: Mailing) -> bool:
    """Whether `mailing` has deliveries: then its audience is fixed."""
    return connection.execute(select(deliveries.c.id).where(deliveries.c.week == mailing).limit(1)).first() is not None


# --- Settling and reopening -------------------------------------------------------------------------------------------


def fail_overdue(connection: Connection, mailing: Mailing, *, now: datetime, deadline: timedelta) -> int:
    """Deferred deliveries first deferred longer ago than `deadline` become `failed`; the last answer stays."""
    return connection.execute(
        update(deliveries)
        .where(
            deliveries.c.week == mailing,
            deliveries.c.state == DeliveryState.DEFERRED.value,
            deliveries.c.deferred_since <= now - deadline,
        )
        .values(state=DeliveryState.FAILED.value, not_before=None, updated_at=now)
    ).rowcount


def retry(connection: Connection, mailing: Mailing | None, states: Iterable[DeliveryState], *, now: datetime) -> int:
    """Queue failed, deferred or uncertain deliveries again, on a person's command. Return how many."""
    allowed = {DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.DEFERRED}
    state_names = [state.value for state in states if state in allowed]
    statement = update(deliveries).where(deliveries.c.state.in_(state_names), deliveries.c.email != "")
    if mailing is not None:
        statement = statement.where(deliveries.c.week == mailing)
    return connection.execute(
        statement.values(
            state=DeliveryState.QUEUED.value,
            not_before=None,
            # Whoever got an uncertain message gets the same one again, not another.
            first_at=case((deliveries.c.state == DeliveryState.UNCERTAIN.value, deliveries.c.first_at), else_=null()),
            deferred_since=None,
            claimed_by="",
            reply_text="",
            updated_at=now,
        )
    ).rowcount


def subscriber_of(connection: Connection, mailing: Mailing, message_id: str) -> int | None:
    """The subscriber to whose present address a mailing was sent under this Message-ID; None where nobody was."""
    query = (
        select(deliveries.c.subscriber)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(
            deliveries.c.week == mailing,
            deliveries.c.message_id == message_id,
            func.lower(deliveries.c.email) == func.lower(subscribers.c.email),
        )
    )
    return connection.execute(query).scalar()


def reconcile(connection: Connection, message_id: str, state: DeliveryState, reply: Reply, *, now: datetime) -> bool:
    """Settle an uncertain delivery from what the mail server's log says about its Message-ID."""
    return (
        connection.execute(
            update(deliveries)
            .where(deliveries.c.message_id == message_id, deliveries.c.state == DeliveryState.UNCERTAIN.value)
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


def counts(connection: Connection, mailing: Mailing) -> DeliveryCounts:
    """Return how many deliveries of `mailing` are in each state."""
    rows = connection.execute(
        select(deliveries.c.state, func.count()).where(deliveries.c.week == mailing).group_by(deliveries.c.state)
    ).all()
    return DeliveryCounts(**{str(state): int(number) for state, number in rows})


def last_change(connection: Connection, mailing: Mailing) -> datetime | None:
    """Return when a delivery of `mailing` was last queued, tried or settled. Suppressed ones do not count."""
    moment: datetime | None = connection.execute(
        select(func.max(deliveries.c.updated_at)).where(
            deliveries.c.week == mailing, deliveries.c.state != DeliveryState.SUPPRESSED.value
        )
    ).scalar_one()
    return moment


def stream(
    connection: Connection,
    *,
    mailing: Mailing | None = None,
    state: DeliveryState | None = None,
    subscriber: int | None = None,
    limit: int | None = None,
) -> Iterator[Delivery]:
    """Yield deliveries in order, without loading all of them into memory."""
    statement = select(deliveries, _REVISION).order_by(deliveries.c.id)
    if mailing is not None:
        statement = statement.where(deliveries.c.week == mailing)
    if state is not None:
        statement = statement.where(deliveries.c.state == state.value)
    if subscriber is not None:
        statement = statement.where(deliveries.c.subscriber == subscriber)
    if limit is not None:
        statement = statement.limit(limit)
    for row in connection.execute(statement, execution_options={"yield_per": 1000}):
        yield _delivery(row)


def failed_without_bounce(connection: Connection, mailing: Mailing) -> list[Delivery]:
    """Return the failed deliveries of present subscribers that are not among the bounces of `mailing` yet."""
    same = and_(bounces.c.subscriber == deliveries.c.subscriber, bounces.c.batch == str(mailing))
    statement = (
        select(deliveries, _REVISION)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .outerjoin(bounces, same)
        .where(deliveries.c.week == mailing, deliveries.c.state == DeliveryState.FAILED.value, bounces.c.id.is_(None))
        .order_by(deliveries.c.id)
    )
    return [_delivery(row) for row in connection.execute(statement)]


def audiences(connection: Connection, mailing: Mailing, *, now: datetime) -> list[Claim]:
    """Return one queued delivery for each set of themes, language and frequency: enough to try every template."""
    themes = cast(subscribers.c.themes, Text)  # PostgreSQL compares JSON only as text
    queued = and_(deliveries.c.week == mailing, deliveries.c.state == DeliveryState.QUEUED.value)
    first = (
        select(func.min(deliveries.c.id))
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(queued)
        .group_by(themes, subscribers.c.language, subscribers.c.frequency)
    )
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.email,
            deliveries.c.subscriber,
            subscribers.c.name,
            subscribers.c.themes,
            subscribers.c.language,
            subscribers.c.frequency,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(deliveries.c.id.in_(first))
        .order_by(deliveries.c.id)
    )
    return [
        Claim(
            row.id,
            row.subscriber,
            row.email,
            row.name,
            tuple(row.themes),
            row.language,
            0,
            now,
            frequency=Frequency(row.frequency),
        )
        for row in connection.execute(statement)
    ]


def uncertain_message_ids(connection: Connection) -> set[str]:
    rows = connection.execute(
        select(deliveries.c.message_id).where(deliveries.c.state == DeliveryState.UNCERTAIN.value)
    )
    return {row.message_id for row in rows}


def _delivery(row: Row[Any]) -> Delivery:
    answered = row.reply_code or row.reply_text
    reply = Reply(row.reply_code, row.reply_enhanced, row.reply_text, row.queue_id) if answered else None
    return Delivery(
        row.id,
        row.week,
        row.subscriber,
        row.email,
        DeliveryState(row.state),
        row.attempts,
        row.message_id,
        reply,
        row.updated_at,
        row.revision,
    )


# --- Privacy ----------------------------------------------------------------------------------------------------------


def forget_addresses(connection: Connection, *, before: datetime) -> int:
    """Clear the addresses, and the replies that may quote them, of deliveries settled before `before`. Counts stay."""
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
    """Clear a subscriber's address in every delivery; those that still wait become `suppressed`."""
    of_subscriber = deliveries.c.subscriber == subscriber
    still_open = and_(
        of_subscriber,
        or_(deliveries.c.state == DeliveryState.QUEUED.value, deliveries.c.state == DeliveryState.DEFERRED.value),
    )
    connection.execute(
        update(deliveries).where(still_open).values(state=DeliveryState.SUPPRESSED.value, updated_at=now)
    )
    connection.execute(update(deliveries).where(of_subscriber).values(email="", reply_text=""))
