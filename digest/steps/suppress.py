"""Put a subscriber's address on the suppression list, and take it off."""

from __future__ import annotations

from sqlalchemy import Connection

from digest.model import ConsentEvent, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.store import bounces, subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.consent_rules import may_be_lifted
from digest.subscribers.email_addresses import AddressHasher


def known_hashes(hasher: AddressHasher, subscriber: StoredSubscriber) -> list[str]:
    """Return every hash under which something may be stored about this subscriber."""
    return list(dict.fromkeys([subscriber.hash, *hasher.hashes(subscriber.key)]))


def suppressions_of(connection: Connection, context: Context, subscriber: StoredSubscriber) -> dict[str, Suppression]:
    """Return the suppressions of this subscriber, under whatever hash."""
    return subscribers.suppressed(connection, known_hashes(hasher_of(context.settings), subscriber))


def may_lift_all(connection: Connection, context: Context, subscriber: StoredSubscriber) -> bool:
    """Whether the subscriber may lift all of their suppressions: none is an operator's."""
    return all(may_be_lifted(one) for one in suppressions_of(connection, context, subscriber).values())


def suppress_subscriber(
    connection: Connection, context: Context, subscriber: StoredSubscriber, suppression: Suppression
) -> None:
    """Put a subscriber's address on the suppression list, under the hash in its row and those of the present keys."""
    hashes = known_hashes(hasher_of(context.settings), subscriber)
    subscribers.suppress(connection, hashes, suppression, at=context.clock())


def suppress_for_returned_mail(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber,
    suppression: Suppression,
    *,
    origin: str,
    detail: str,
) -> bool:
    """Suppress a subscriber for a bounce or a complaint, with a line in their history. False if they were before."""
    already = suppressions_of(connection, context, subscriber)
    # A complaint is recorded all the same: it forbids that an operator restores the address.
    suppress_subscriber(connection, context, subscriber, suppression)
    if already and suppression.reason is not SuppressionReason.COMPLAINT:
        return False
    if any(one.reason is SuppressionReason.COMPLAINT or one.also for one in already.values()):
        return False
    line = Consent(subscriber.hash, context.clock(), ConsentEvent.SUPPRESSED, str(suppression), origin, detail)
    subscribers.add_consent(connection, [line])
    return not already


def restore_subscriber(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber,
    *,
    how: str,
    origin: str = "",
    wording: str = "",
) -> None:
    """Take a subscriber's address off the suppression list. `why_not_restorable` says whether an operator may."""
    subscribers.unsuppress(connection, known_hashes(hasher_of(context.settings), subscriber))
    subscribers.change(connection, subscriber.id, soft_bounces=0)
    line = Consent(subscriber.hash, context.clock(), ConsentEvent.RESTORED, how, origin, wording)
    subscribers.add_consent(connection, [line])


def forget_bounces(connection: Connection, subscriber: int) -> None:
    """Start anew with an address that works again: what bounced before no longer counts."""
    bounces.dismiss(connection, subscriber)
    subscribers.change(connection, subscriber, soft_bounces=0)
