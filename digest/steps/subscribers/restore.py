"""Take addresses off the suppression list again: those that bounces or operators put there, and no others.

After a bad night many addresses may be suppressed that all work. Who unsubscribed, complained or was erased stays on
the list, whatever else happened to the address: only they can come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model import AuditEvent, ConsentEvent, SubscriberStatus, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.steps.suppress import forget_bounces, known_hashes, restore_subscriber
from digest.store import audit, subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.consent_rules import why_not_restorable
from digest.subscribers.email_addresses import BadAddress, parse_address

_AT_ONCE = 200  # subscribers restored in one transaction
_REASONS = {
    "bounce": SuppressionReason.BOUNCE,
    "suppressed": SuppressionReason.OPERATOR,
    "operator": SuppressionReason.OPERATOR,
}


@dataclass(frozen=True, slots=True)
class RestoreVerdict:
    """`digest subscribers restore`: what became of one address."""

    email: str  # "" for an address that is no subscriber's: only its hash is stored
    restored: bool
    reason: str  # why it was suppressed, or why it stays so


def restore(context: Context, email: str, *, dry_run: bool = False, by: str = "") -> RestoreVerdict:
    """Restore one address. Raises UsageError if it is invalid."""
    address = parse_address(email)
    if isinstance(address, BadAddress):
        raise UsageError(f"{email!r} is not an address: {address.reason}", "Write it as name@example.org.")
    with context.store.writing() as connection:
        subscriber = subscribers.find_by_key(connection, address.key)
        hashes = list(hasher_of(context.settings).hashes(address.key))
        verdict = _restore_one(connection, context, subscriber, hashes, email=address.email, dry_run=dry_run, by=by)
        if verdict.restored and not dry_run:
            _record(connection, context, 1, by, {})
    return verdict


def restore_since(
    context: Context, reason: str, since: str, *, dry_run: bool = False, by: str = ""
) -> Iterator[RestoreVerdict]:
    """Restore the addresses that were suppressed for `reason` ("bounce" or "operator") since a date, one by one.

    `since` is a date in the newsletter's time zone, or a moment (ISO 8601). Raises UsageError.
    """
    chosen_reason = _REASONS.get(reason.strip().lower())
    if chosen_reason is None:
        raise UsageError(
            f"Suppressions because of {reason!r} are not lifted: only those by bounces and operators are.",
            "Write --reason bounce or --reason operator.",
        )
    moment = _moment(since, context)
    with context.store.reading() as connection:
        rows = _each_once(connection, context, subscribers.suppressed_since(connection, chosen_reason, moment))
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        with context.store.writing() as connection:
            verdicts = [
                _restore_one(
                    connection, context, one, [row_hash], email=one.email if one else "", dry_run=dry_run, by=by
                )
                for one, row_hash in some
            ]
            restored = sum(verdict.restored for verdict in verdicts)
            if restored and not dry_run:
                _record(connection, context, restored, by, {"reason": chosen_reason.value, "since": moment.isoformat()})
        yield from verdicts


Suppressed = tuple[StoredSubscriber | None, str]  # a hash on the suppression list, and whose it is


def _each_once(connection: Connection, context: Context, rows: Sequence[Suppressed]) -> list[Suppressed]:
    """Leave out the further hashes of a subscriber: where keys were changed, there are several."""
    strangers = {row_hash for subscriber, row_hash in rows if subscriber is None}
    if strangers:
        hasher = hasher_of(context.settings)
        for key in subscribers.stream_keys(connection):
            strangers.difference_update(hasher.hashes(key))
    return [row for row in rows if row[0] is not None or row[1] in strangers]


def _restore_one(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber | None,
    hashes: list[str],
    *,
    email: str,
    dry_run: bool,
    by: str,
) -> RestoreVerdict:
    if subscriber is not None:
        hashes = list(dict.fromkeys([*known_hashes(hasher_of(context.settings), subscriber), *hashes]))
    suppressions = list(subscribers.suppressed(connection, hashes).values())
    has_left = subscriber is not None and subscriber.status is SubscriberStatus.LEFT
    if why := why_not_restorable(suppressions, has_left=has_left):
        return RestoreVerdict(email, restored=False, reason=why)
    reason = _texts(suppressions)
    if dry_run:
        return RestoreVerdict(email, restored=True, reason=reason)
    how = f"command line by {by}" if by else "command line"
    if subscriber is None:
        subscribers.unsuppress(connection, hashes)
        line = Consent(hashes[0], context.clock(), ConsentEvent.RESTORED, how, wording=reason)
        subscribers.add_consent(connection, [line])
    else:
        restore_subscriber(connection, context, subscriber, how=how, wording=reason)
        forget_bounces(connection, subscriber.id)
    return RestoreVerdict(email, restored=True, reason=reason)


def _texts(suppressions: Sequence[Suppression]) -> str:
    return ", ".join(dict.fromkeys(str(one) for one in suppressions))


def _record(connection: Connection, context: Context, number: int, by: str, detail: dict[str, str]) -> None:
    now = context.clock()
    numbers = {"subscribers": number, **detail}
    audit.record(connection, AuditEvent.SUBSCRIBERS_RESTORED, at=now, by=by or "operator", detail=numbers)


def _moment(text: str, context: Context) -> datetime:
    zone = context.settings.newsletter.zone
    try:
        moment = datetime.combine(date.fromisoformat(text), time(0), zone)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{text!r} is not a date.", "Write --since 2019-03-25.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
