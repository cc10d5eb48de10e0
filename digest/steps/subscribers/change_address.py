"""Change a subscriber's address: the owner of the present one allows it, then the owner of the new one confirms it.

preferences ─ask_to_change_address▶ mail to the present address ─allow_change▶ mail to the new one ─confirm_new_address▶
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from digest.mail.message.confirmation_mails import CONFIRM_ADDRESS, CONFIRM_MOVE, confirmation_notice
from digest.model import ConsentEvent, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import Links, hasher_of
from digest.steps.send_notice import send_notice_or_log
from digest.steps.subscribers.by_mail import may_reach, own_notice
from digest.steps.subscribers.notice_limits import may_notify
from digest.steps.subscribers.self_service import record_own_change, subscriber_of, tokens_of
from digest.steps.suppress import known_hashes, suppress_subscriber
from digest.store import subscribers
from digest.store.new_number import give_new_number
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.consent_rules import ACT_WITHIN, CONFIRM_WITHIN, NOTICES_PER_DAY
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.link_tokens import Purpose
from digest.words.translations import TranslationCatalogue


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A change that somebody asked for."""

    email: str  # the present address
    new_email: str


def ask_to_change_address(
    context: Context, token: str, email: str, catalogue: TranslationCatalogue, *, origin: str = ""
) -> None:
    """Ask to change the address. Sends a mail to the present one, whose owner must allow it: the link that was used
    may have come from a forwarded mail.

    Returns nothing and only logs failures, as `ask_to_subscribe` does: neither the page nor its timing may reveal
    whether an address is known. There is a daily limit for each subscriber, and that of `notice_limits`.
    """
    subscriber = subscriber_of(context, token)
    address = parse_address(email)
    if subscriber is None or not isinstance(address, Address):
        return
    with context.store.writing() as connection:
        if _requests_today(connection, context, subscriber) >= NOTICES_PER_DAY:
            return
        if not may_reach(connection, context, subscriber):
            return
        subscribers.change(connection, subscriber.id, new_email=address.email)
        record_own_change(connection, context, subscriber, ConsentEvent.CHANGE_ASKED_FROM, origin)
    new_hash = hasher_of(context.settings).hashes(address.key)[0]
    bound = tokens_of(context).make_bound(Purpose.MOVE, subscriber.id, new_hash, context.clock())
    url = Links(context.settings).page("change", bound)
    send_notice_or_log(context, own_notice(context, subscriber, CONFIRM_MOVE, url, catalogue, address.email))


def asked_change(context: Context, token: str, purpose: Purpose) -> AddressChange | None:
    """Return the change that a link allows (MOVE) or confirms (ADDRESS); None if it does not work any more."""
    with context.store.reading() as connection:
        change = _pending_change(connection, context, token, purpose)
    return AddressChange(change[0].email, change[1].email) if change else None


def allow_change(context: Context, token: str, catalogue: TranslationCatalogue, *, origin: str = "") -> None:
    """Let the subscriber move, as the owner of the present address wishes. Sends a mail to the new one, whose owner
    must confirm. Returns nothing, as `ask_to_change_address` does."""
    with context.store.writing() as connection:
        change = _pending_change(connection, context, token, Purpose.MOVE)
        if change is None or not may_notify(connection, context, change[1], by_domain=False):
            return
        subscriber, address = change
        hashes = list(hasher_of(context.settings).hashes(address.key))
        line = Consent(hashes[0], context.clock(), ConsentEvent.CHANGE_ASKED_TO, "preferences", origin)
        subscribers.add_consent(connection, [line])
        other = subscribers.find_by_key(connection, address.key)
        if _is_blocked(connection, hashes) or (other and other.id != subscriber.id):
            return
    bound = tokens_of(context).make_bound(Purpose.ADDRESS, subscriber.id, hashes[0], context.clock())
    notice = confirmation_notice(
        catalogue.translations(subscriber.language),
        CONFIRM_ADDRESS,
        address.email,
        title=context.settings.newsletter.title,
        url=Links(context.settings).page("move", bound),
        return_token=tokens_of(context).make(Purpose.ADDRESS_BOUNCE, subscriber.id),
    )
    send_notice_or_log(context, notice)


def _requests_today(connection: Connection, context: Context, subscriber: StoredSubscriber) -> int:
    since = context.clock() - timedelta(days=1)
    lines = subscribers.history(connection, [subscriber.hash])
    return sum(line.what is ConsentEvent.CHANGE_ASKED_FROM and line.at > since for line in lines)


def confirm_new_address(context: Context, token: str, *, origin: str = "") -> bool:
    """Change the address, as the owner of the new one has confirmed. False where the link no longer works.

    The subscriber gets a new number, so links in mails to the old address act for nobody any more.
    """
    now = context.clock()
    with context.store.writing() as connection:
        subscribers.lock_table(connection)
        change = _pending_change(connection, context, token, Purpose.ADDRESS)
        if change is None:
            return False
        subscriber, address = change
        number = subscriber.id
        hashes = hasher_of(context.settings).hashes(address.key)
        other = subscribers.find_by_key(connection, address.key)
        if _is_blocked(connection, hashes) or (other and other.id != number):
            return False
        # Otherwise an import of an old list would send them a second copy, or bring them back after they unsubscribe.
        suppress_subscriber(connection, context, subscriber, Suppression(SuppressionReason.ADDRESS_CHANGED))
        subscribers.unsuppress(connection, hashes)
        give_new_number(connection, number, email=address.email, key=address.key, new_hash=hashes[0])
        how, old = "confirmed by link", known_hashes(hasher_of(context.settings), subscriber)
        lines = [
            Consent(subscriber.hash, now, ConsentEvent.CHANGED_FROM, "preferences", origin),
            Consent(hashes[0], now, ConsentEvent.CHANGED_TO, how, origin, detail=" ".join(old)),
        ]
        subscribers.add_consent(connection, lines)
    return True


def drop_unreachable_address(
    connection: Connection, context: Context, tokens: Sequence[str], new_address_is_dead: bool
) -> bool:
    """Act on a bounce of the mail that asks to confirm a new address. False if it is not one.

    It says nothing against the subscriber's present address.
    """
    numbers = (tokens_of(context).read(Purpose.ADDRESS_BOUNCE, token) for token in tokens)
    number = next((number for number in numbers if number is not None), None)
    if number is None:
        return False
    if new_address_is_dead:
        subscribers.change(connection, number, new_email="")
    return True


def _is_blocked(connection: Connection, hashes: Sequence[str]) -> bool:
    """Whether the address with these hashes is suppressed. An address that was changed may be used again."""
    return any(
        suppression.reason is not SuppressionReason.ADDRESS_CHANGED
        for suppression in subscribers.suppressed(connection, hashes).values()
    )


def _pending_change(
    connection: Connection, context: Context, token: str, purpose: Purpose
) -> tuple[StoredSubscriber, Address] | None:
    """Return the subscriber and the new address of a link, if the link is for exactly that address."""
    lasting = ACT_WITHIN if purpose is Purpose.MOVE else CONFIRM_WITHIN
    bound = tokens_of(context).read_bound(purpose, token, now=context.clock(), lasting=lasting)
    subscriber = subscribers.find(connection, bound[0]) if bound else None
    address = parse_address(subscriber.new_email) if subscriber and subscriber.new_email else None
    if bound is None or subscriber is None or not isinstance(address, Address):
        return None
    return (subscriber, address) if bound[1] in hasher_of(context.settings).hashes(address.key) else None
