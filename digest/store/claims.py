"""The transitions of deliveries that a sender makes: claim, record, release; and sweep, after a sender has died.

`digest.store.deliveries` has a diagram of all states and transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, null, or_, select, update

from digest.model import Claim, DeliveryResult, DeliveryState, Frequency, Mailing, SubscriberStatus
from digest.store.many_rows import one_of, update_many
from digest.store.schema import deliveries, subscribers, suppressions
from digest.store.subscribers import suppression_text


@dataclass(frozen=True, slots=True)
class ClaimBatch:
    """The result of one claim."""

    claims: list[Claim]
    suppressed: int  # subscribers who have left since they were queued
    last: int  # the highest id looked at; 0 when nothing waits


@lru_cache(maxsize=512)
def _waiting(dialect: str, limit: int, state: DeliveryState, domain: str, not_domains: tuple[str, ...]) -> Select[Any]:
    """Return the query for waiting deliveries and their subscribers. Cached: building it takes longer than running it.

    The subquery selects the few rows before the join: PostgreSQL would otherwise join all subscribers for each claim.
    """
    waiting = (
        select(
            deliveries.c.id,
            deliveries.c.subscriber,
            deliveries.c.email,
            deliveries.c.attempts,
            deliveries.c.first_at,
            deliveries.c.deferred_since,
        )
        .where(
            deliveries.c.week == bindparam("week", type_=deliveries.c.week.type),
            deliveries.c.state == bindparam("state"),
            deliveries.c.id > bindparam("after"),
        )
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    if domain:
        waiting = waiting.where(deliveries.c.email.like(f"%@{domain}"))
    for other in not_domains:
        waiting = waiting.where(deliveries.c.email.not_like(f"%@{other}"))
    if state is DeliveryState.DEFERRED:
        waiting = waiting.where(deliveries.c.not_before <= bindparam("due", type_=deliveries.c.not_before.type))
    if dialect == "sqlite":  # its write lock is already held
        few = waiting.cte("few")
    else:  # so that two senders never wait for each other's rows
        few = waiting.with_for_update(skip_locked=True).cte("few").prefix_with("MATERIALIZED")
    joined = few.outerjoin(subscribers, subscribers.c.id == few.c.subscriber).outerjoin(
        suppressions, suppressions.c.hash == subscribers.c.hash
    )
    columns = (
        subscribers.c.name,
        subscribers.c.themes,
        subscribers.c.language,
        subscribers.c.frequency,
        subscribers.c.status,
    )
    return select(few, *columns, suppression_text.label("reason")).select_from(joined).order_by(few.c.id)


def claim(
    connection: Connection,
    mailing: Mailing,
    limit: int,
    *,
    by: str,
    now: datetime,
    lease: timedelta,
    message_id: Callable[[int], str],
    approval: int = 0,
    after: int = 0,
    state: DeliveryState = DeliveryState.QUEUED,
    domain: str = "",
    not_domains: tuple[str, ...] = (),
) -> ClaimBatch:
    """Claim up to `limit` deliveries that wait in `state` (queued, or deferred and due), in order, beyond id `after`.

    Rows of subscribers who have left, paused, were erased or suppressed since become `suppressed` and are not among the
    claims. Call it in a writing transaction and commit before SMTP begins. `message_id` gives a subscriber's
    Message-ID; `approval` is the number of the approval whose text they get. With `domain`, only subscribers there;
    with `not_domains`, nobody there.
    """
    values: dict[str, Any] = {"week": mailing, "after": after, "state": state.value}
    if state is DeliveryState.DEFERRED:
        values["due"] = now
    rows = connection.execute(_waiting(connection.dialect.name, limit, state, domain, not_domains), values).all()
    if not rows:
        return ClaimBatch([], 0, 0)
    claims: list[Claim] = []
    suppressed: list[tuple[int, str]] = []
    for row in rows:
        number, subscriber, email, attempts, first_at, deferred, name, themes, language, frequency, status, reason = row
        why = _suppressed_because(status, reason)
        if why:
            suppressed.append((number, why))
            continue
        claims.append(
            Claim(
                number,
                subscriber,
                email,
                name,
                tuple(themes),
                language,
                attempts,
                first_at or now,
                message_id(subscriber),
                deferred,
                Frequency(frequency),
            )
        )
    if claims:
        changes: dict[str, list[Any]] = {
            "b_id": [one.id for one in claims],
            "b_message_id": [one.message_id for one in claims],
        }
        same = {"b_from": state.value, "b_by": by, "b_now": now, "b_lease": now + lease, "b_approval": approval}
        update_many(connection, _CLAIM, changes, **same)
    if suppressed:
        changes = {
            "b_id": [number for number, _ in suppressed],
            "b_text": [why for _, why in suppressed],
        }
        update_many(connection, _SUPPRESS, changes, b_from=state.value, b_by=by, b_now=now)
    return ClaimBatch(claims, len(suppressed), rows[-1].id)


_NOW = bindparam("b_now", type_=deliveries.c.updated_at.type)
_WAITS = (deliveries.c.id == bindparam("b_id"), deliveries.c.state == bindparam("b_from"))
_CLAIM = (
    update(deliveries)
    .where(*_WAITS)
    .values(
        state=DeliveryState.SENDING.value,
        claimed_by=bindparam("b_by"),
        lease_until=bindparam("b_lease"),
        first_at=func.coalesce(deliveries.c.first_at, _NOW),
        message_id=bindparam("b_message_id"),
        approval=bindparam("b_approval"),
        reply_text="",
        updated_at=_NOW,
    )
)
_SUPPRESS = (
    update(deliveries)
    .where(*_WAITS)
    .values(
        state=DeliveryState.SUPPRESSED.value,
        claimed_by=bindparam("b_by"),
        reply_text=bindparam("b_text"),
        updated_at=_NOW,
    )
)


def _suppressed_because(status: str | None, reason: str | None) -> str:
    """Return why this subscriber gets nothing at the moment of claiming; "" for one who gets the message."""
    if status is None:
        return "erased"
    if reason is not None:
        return reason
    return "" if status == SubscriberStatus.ACTIVE.value else status


_CLAIMED = (
    deliveries.c.id == bindparam("b_id"),
    deliveries.c.claimed_by == bindparam("b_by"),
    # The claimant's own result also settles a delivery that a sweep has marked uncertain meanwhile.
    or_(deliveries.c.state == DeliveryState.SENDING.value, deliveries.c.state == DeliveryState.UNCERTAIN.value),
)
_ANSWER = {
    "state": bindparam("b_state"),
    "attempts": deliveries.c.attempts + 1,
    "lease_until": null(),
    "reply_code": bindparam("b_code"),
    "reply_enhanced": bindparam("b_enhanced"),
    "reply_text": bindparam("b_text"),
    "queue_id": bindparam("b_queue_id"),
    "updated_at": _NOW,
}
# NULL is part of the statement: for a None among the values, sqlite3 looks for an adapter, which is slow.
_RECORD = update(deliveries).where(*_CLAIMED).values(_ANSWER | {"not_before": null()})
_DEFER = (
    update(deliveries)
    .where(*_CLAIMED)
    .values(
        _ANSWER
        | {
            "not_before": bindparam("b_not_before"),
            "deferred_since": func.coalesce(deliveries.c.deferred_since, _NOW),
        }
    )
)


def record(connection: Connection, records: Sequence[DeliveryResult], *, by: str, now: datetime) -> None:
    """Record the results of claimed deliveries. Rows that `by` no longer holds are not changed."""
    settled = [one for one in records if one.not_before is None]
    if settled:
        update_many(connection, _RECORD, _answers(settled), b_by=by, b_now=now)
    deferred = [one for one in records if one.not_before is not None]
    if deferred:
        moments = {"b_not_before": [one.not_before for one in deferred]}
        update_many(connection, _DEFER, _answers(deferred) | moments, b_by=by, b_now=now)


def _answers(records: Sequence[DeliveryResult]) -> dict[str, list[Any]]:
    return {
        "b_id": [one.id for one in records],
        "b_state": [one.state.value for one in records],
        "b_code": [one.reply.code for one in records],
        "b_enhanced": [one.reply.enhanced[:16] for one in records],
        "b_text": [one.reply.text for one in records],
        "b_queue_id": [one.reply.queue_id for one in records],
    }


def release(connection: Connection, ids: Sequence[int], *, by: str, now: datetime) -> None:
    """Queue claimed deliveries again whose message the server cannot have got."""
    if ids:
        connection.execute(
            update(deliveries)
            .where(
                one_of(connection, deliveries.c.id, ids),
                deliveries.c.claimed_by == by,
                deliveries.c.state == DeliveryState.SENDING.value,
            )
            .values(state=DeliveryState.QUEUED.value, lease_until=None, updated_at=now)
        )


@dataclass(frozen=True, slots=True)
class Sweep:
    """What became of the claims of dead senders."""

    queued: int = 0  # their messages cannot have been sent
    uncertain: int = 0


def sweep(
    connection: Connection,
    mailing: Mailing,
    *,
    now: datetime,
    is_dead: Callable[[str], bool],
    may_have_ended: Callable[[str, int, int], bool] = lambda _by, _delivery, _attempts: True,
) -> Sweep:
    """End the claims whose sender is dead or whose lease has run out.

    `may_have_ended` says of a claim (by whom, delivery, earlier attempts) whether its message's final dot may have
    left: then the delivery is `uncertain`. Otherwise it is queued again, and the attempt does not count.
    """
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.claimed_by, deliveries.c.attempts, deliveries.c.lease_until).where(
            deliveries.c.week == mailing, deliveries.c.state == DeliveryState.SENDING.value
        )
    ).all()
    dead = [row for row in rows if (row.lease_until and row.lease_until <= now) or is_dead(row.claimed_by)]
    unsent: list[tuple[int, str]] = []
    uncertain: list[tuple[int, str]] = []
    for row in dead:
        ended = may_have_ended(row.claimed_by, row.id, row.attempts)
        (uncertain if ended else unsent).append((row.id, row.claimed_by))
    # The claimant is part of the condition: another run may have swept, queued and claimed the row meanwhile.
    for statement, claims_of in ((_UNSENT, unsent), (_UNCERTAIN, uncertain)):
        if claims_of:
            ids, claimants = zip(*claims_of, strict=True)
            update_many(connection, statement, {"b_id": ids, "b_by": claimants}, b_now=now)
    return Sweep(len(unsent), len(uncertain))


_STILL_CLAIMED = (
    deliveries.c.id == bindparam("b_id"),
    deliveries.c.claimed_by == bindparam("b_by"),
    deliveries.c.state == DeliveryState.SENDING.value,
)
_UNSENT = (
    update(deliveries)
    .where(*_STILL_CLAIMED)
    .values(state=DeliveryState.QUEUED.value, lease_until=null(), updated_at=_NOW)
)
_UNCERTAIN = (
    update(deliveries)
    .where(*_STILL_CLAIMED)
    .values(
        state=DeliveryState.UNCERTAIN.value,
        lease_until=null(),
        attempts=deliveries.c.attempts + 1,
        reply_text="the sender died before the server's answer was recorded",
        updated_at=_NOW,
    )
)


def claimants(connection: Connection, mailing: Mailing | None = None) -> frozenset[str]:
    """Return who holds claims of `mailing`, or of any."""
    statement = select(deliveries.c.claimed_by).where(deliveries.c.state == DeliveryState.SENDING.value).distinct()
    if mailing is not None:
        statement = statement.where(deliveries.c.week == mailing)
    return frozenset(connection.execute(statement).scalars())
