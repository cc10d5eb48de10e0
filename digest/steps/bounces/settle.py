"""Count the bounces that were recorded: suppress addresses, unless the brake says that too many are alike.

`settle` looks at whole batches (all bounces of one mailing, however many readings they came in), so that many small
readings are judged like one large one. If the bounces of a group suppressed somebody in an earlier reading, that is
lifted again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from digest.events import BouncesOnHold
from digest.model import (
    Bounce,
    BounceHold,
    BounceState,
    ConsentEvent,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from digest.model.bounce import mailing_of_batch
from digest.steps.bounces.record import in_a_row
from digest.steps.context import Context
from digest.steps.suppress import restore_subscriber, suppress_for_returned_mail, suppressions_of
from digest.store import bounces, subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.bounce_brake import Bounced, groups_of

_AT_ONCE = 200  # bounces counted in one transaction
_MOST_CODES = 3  # of a hold, for people


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done about bounces. Counts of subscribers."""

    suppressed: int = 0
    on_hold: int = 0
    restored: int = 0  # suppressed by an earlier reading, before there were so many

    def __add__(self, other: Settled) -> Settled:
        return Settled(self.suppressed + other.suppressed, self.on_hold + other.on_hold, self.restored + other.restored)


def settle(context: Context) -> Settled:
    """Count all new bounces, batch by batch. What a killed run leaves is new still: the next one counts it.

    Each transaction counts a few, so that pages and senders can write in between.
    """
    total = Settled()
    while True:
        with context.store.writing() as connection:
            bounces.lock_counting(connection)
            batches = bounces.new_batches(connection)
            if not batches:
                return total
            on_hold, rest = _apply_brake(connection, context, batches[0])
        total += on_hold
        for start in range(0, len(rest), _AT_ONCE):
            with context.store.writing() as connection:
                bounces.lock_counting(connection)
                some = bounces.find_many(connection, rest[start : start + _AT_ONCE])
                total += count_bounces(connection, context, [one for one in some if one.state is BounceState.NEW])


def _apply_brake(connection: Connection, context: Context, batch: str) -> tuple[Settled, list[int]]:
    """Put the groups of a batch on hold. Return what that did, and which bounces are to be counted."""
    rows = bounces.of_batch(connection, batch)
    # A confirmation that bounces costs nobody an edition, and anybody may fill in the form: it is no part of a group.
    confirmed = [one for one in rows if one.status is not SubscriberStatus.PENDING]
    holds = _holds(connection, context, batch, confirmed)
    total = Settled()
    for name in dict.fromkeys(holds.values()):
        total += _put_on_hold(connection, context, [one for one in confirmed if holds.get(one.id) == name], name)
    return total, [one.id for one in rows if one.state is BounceState.NEW and one.id not in holds]


def _holds(connection: Connection, context: Context, batch: str, rows: list[Bounce]) -> dict[int, str]:
    """Return which bounces of a batch suppress nobody, each with the name of its group.

    Bounces that an operator accepted are the addresses' own. Dismissed ones still say what kind of night it was. Who
    was suppressed by the bounce of an earlier mailing got this one before that was read: no news either.
    """
    known = bounces.suppressed_by_another(connection, batch)
    looked_at = [
        Bounced(one.id, one.cause, one.domain, one.hard or one.suppressed or _is_last_straw(connection, context, one))
        for one in rows
        if one.state is not BounceState.ACCEPTED and one.subscriber not in known
    ]
    groups = groups_of(
        looked_at,
        recipients=bounces.recipients(connection, mailing_of_batch(batch)),
        recipients_at=lambda domain: bounces.recipients_at(connection, domain),
        share=context.settings.bounces.hold_share,
    )
    return {number: group.name for group in groups for number in group.ids}


def _is_last_straw(connection: Connection, context: Context, bounce: Bounce) -> bool:
    return bounce.state is BounceState.NEW and bool(_sufficient(connection, context, bounce))


def _put_on_hold(connection: Connection, context: Context, members: Iterable[Bounce], name: str) -> Settled:
    movable = [one for one in members if one.state in (BounceState.NEW, BounceState.COUNTED)]
    bounces.change(connection, [one.id for one in movable], BounceState.ON_HOLD, hold=name)
    bounces.mark_suppressed(connection, [one.id for one in movable], suppressed=False)
    restored = 0
    for one in movable:
        subscriber = subscribers.find(connection, one.subscriber) if one.suppressed else None
        if subscriber is not None and _is_only_bounced(connection, context, subscriber):
            restore_subscriber(connection, context, subscriber, how="too many bounces alike", origin=one.batch)
            restored += 1
    return Settled(0, len(movable), restored)


def _is_only_bounced(connection: Connection, context: Context, subscriber: StoredSubscriber) -> bool:
    suppressions = suppressions_of(connection, context, subscriber).values()
    return all(one.reason is SuppressionReason.BOUNCE and one.also is None for one in suppressions)


def count_bounces(
    connection: Connection, context: Context, rows: Iterable[Bounce], state: BounceState = BounceState.COUNTED
) -> Settled:
    """Count these bounces against their addresses, and suppress those whose bounces are sufficient."""
    suppressed = 0
    for one in rows:
        bounces.change(connection, [one.id], state)
        subscriber = subscribers.find(connection, one.subscriber)
        if subscriber is None:
            continue
        if not one.hard:
            how = one.detail or "soft bounce"
            line = Consent(subscriber.hash, context.clock(), ConsentEvent.SOFT_BOUNCE, how, one.batch)
            subscribers.add_consent(connection, [line])
        subscribers.change(connection, subscriber.id, soft_bounces=in_a_row(connection, subscriber.id)[0])
        reason = _sufficient(connection, context, one, state)
        origin = "returned mail" if one.returned else "rejected by the mail server"
        if reason and suppress_for_returned_mail(
            connection,
            context,
            subscriber,
            Suppression(SuppressionReason.BOUNCE, reason),
            origin=origin,
            detail=one.detail,
        ):
            bounces.mark_suppressed(connection, [one.id], suppressed=True)
            suppressed += 1
    return Settled(suppressed)


def _sufficient(
    connection: Connection, context: Context, bounce: Bounce, state: BounceState = BounceState.COUNTED
) -> str:
    """Return why a bounce, with those before it, suppresses: a code, or how many there were; "" if it does not."""
    is_certain = bounce.returned or state is BounceState.ACCEPTED  # by a report, or by an operator
    if bounce.hard and (is_certain or bounce.status is SubscriberStatus.PENDING):
        return bounce.code or bounce.cause
    rules = context.settings.bounces
    soft, hard = in_a_row(connection, bounce.subscriber)
    if bounce.hard and (rules.rejected_limit == 1 or hard >= rules.rejected_limit):
        return bounce.code or bounce.cause
    return f"{soft} editions in a row" if soft >= rules.soft_limit else ""


# --- What is on hold --------------------------------------------------------------------------------------------------


def holds(connection: Connection) -> tuple[BounceHold, ...]:
    """Return what is on hold, grouped by mailing and reason, the oldest first."""
    groups: dict[tuple[str, str], list[Bounce]] = {}
    for one in bounces.stream(connection, BounceState.ON_HOLD):
        groups.setdefault((one.batch, one.hold), []).append(one)
    return tuple(_hold(connection, batch, name, members) for (batch, name), members in groups.items())


def _hold(connection: Connection, batch: str, name: str, members: list[Bounce]) -> BounceHold:
    codes = Counter(one.code for one in members if one.code)
    return BounceHold(
        batch,
        name,
        len(members),
        bounces.recipients(connection, mailing_of_batch(batch)),
        len({one.domain for one in members}),
        tuple(code for code, _ in codes.most_common(_MOST_CODES)),
        members[0].detail,
    )


def notify_of_holds(context: Context) -> tuple[BounceHold, ...]:
    """Emit what is on hold, after the transaction that put it there, and return it.

    Each run does it while anything is on hold, so that a killed one costs no notice: who notifies, remembers whom.
    """
    with context.store.reading() as connection:
        present = holds(connection)
    if present:
        context.emit(BouncesOnHold(present))
    return present
