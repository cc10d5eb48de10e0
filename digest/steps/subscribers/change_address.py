"""Change a subscriber's address: they ask for it, and the owner of the new address confirms it by a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from digest.mail.message.confirmation_mails import CONFIRM_ADDRESS, confirmation_notice
from digest.model import ConsentEvent, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import Links, hasher_of
from digest.steps.send_notice import send_notice_or_log
from digest.steps.subscribers.notice_limits import may_notify
from digest.steps.subscribers.self_service import record_own_change, subscriber_of, tokens_of
from digest.steps.suppress import known_hashes, suppress_subscriber
from digest.store import bounces, deliveries, subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.consent_rules import CONFIRM_WITHIN, NOTICES_PER_DAY
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.link_tokens import Purpose
from digest.words.translations import TranslationCatalogue


def ask_to_change_address(
    context: Context, token: str, email: str, catalogue: TranslationCatalogue, *, origin: str = ""
) -> None:
    """Ask to change the address. Sends a mail to the new one, whose owner must confirm.

    Returns nothing and only logs failures, as `ask_to_subscribe` does: neither the page nor its timing may reveal
    whether an address is known. There is a daily limit for each subscriber, and that of `notice_limits`.
    """
    subscriber = subscriber_of(context, token)
    address = parse_address(email)
    if subscriber is None or not isinstance(address, Address):
        return
    now = context.clock()
    hashes = list(hasher_of(context.settings).hashes(address.key))
    with context.store.writing() as connection:
        if _requests_today(connection, context, subscriber) >= NOTICES_PER_DAY:
            return
        if not may_notify(connection, context, address, by_domain=False):
            return
        subscribers.change(connection, subscriber.id, new_email=address.email)
        record_own_change(connection, context, subscriber, ConsentEvent.CHANGE_ASKED_FROM, origin)
        subscribers.add_consent(
            connection, [Consent(hashes[0], now, ConsentEvent.CHANGE_ASKED_TO, "preferences", origin)]
        )
        is_taken = subscribers.find_by_key(connection, address.key) is not None
        is_blocked = _is_blocked(connection, hashes)
    if not is_taken and not is_blocked:
        title = context.settings.newsletter.title
        bound = tokens_of(context).make_bound(Purpose.ADDRESS, subscriber.id, hashes[0], now)
        words = catalogue.translations(subscriber.language)
        url = Links(context.settings).page("move", bound)
        token = tokens_of(context).make(Purpose.ADDRESS_BOUNCE, subscriber.id)
        send_notice_or_log(
            context,
            confirmation_notice(words, CONFIRM_ADDRESS, address.email, title=title, url=url, return_token=token),
        )


def _requests_today(connection: Connection, context: Context, subscriber: StoredSubscriber) -> int:
    since = context.clock() - timedelta(days=1)
    lines = subscribers.history(connection, [subscriber.hash])
    return sum(line.what is ConsentEvent.CHANGE_ASKED_FROM and line.at > since for line in lines)


def is_confirmable(context: Context, token: str) -> bool:
    """Whether a link that confirms a new address still works. Changes nothing."""
    with context.store.reading() as connection:
        return _pending_change(connection, context, token) is not None


def confirm_new_address(context: Context, token: str, *, origin: str = "") -> bool:
    """Change the address, as the owner of the new one has confirmed. False where the link no longer works."""
    now = context.clock()
    with context.store.writing() as connection:
        subscribers.lock_table(connection)
        change = _pending_change(connection, context, token)
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
        subscribers.change(connection, number, email=address.email, email_key=address.key, hash=hashes[0], new_email="")
        deliveries.readdress(connection, number, address.email)
        bounces.forget(connection, number)
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


def _pending_change(connection: Connection, context: Context, token: str) -> tuple[StoredSubscriber, Address] | None:
    """Return the subscriber and the new address of a link, if the link was sent to exactly that address."""
    bound = tokens_of(context).read_bound(Purpose.ADDRESS, token, now=context.clock(), lasting=CONFIRM_WITHIN)
    subscriber = subscribers.find(connection, bound[0]) if bound else None
    address = parse_address(subscriber.new_email) if subscriber and subscriber.new_email else None
    if bound is None or subscriber is None or not isinstance(address, Address):
        return None
    return (subscriber, address) if bound[1] in hasher_of(context.settings).hashes(address.key) else None
