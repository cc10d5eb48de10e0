"""Subscribe by double opt-in: somebody asks, the owner of the address confirms. Come back after unsubscribing.

`ask_to_subscribe` returns nothing, so that nobody learns who is subscribed.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from enum import Enum

from sqlalchemy import Connection

from digest.errors import DigestError
from digest.log import for_week
from digest.mail.message.confirmation_mails import ALREADY_SUBSCRIBED, CONFIRM_SUBSCRIPTION, confirmation_notice
from digest.mail.message.notice import Notice
from digest.model import ConsentEvent, EditionStatus, Mailing, SubscriberStatus, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import Links, hasher_of
from digest.steps.send_notice import send_notice_or_log
from digest.steps.sending.send import send
from digest.steps.sending.verify_approval import approved_edition
from digest.steps.subscribers.notice_limits import may_notify
from digest.steps.subscribers.self_service import number_of, themes_of, tokens_of
from digest.steps.suppress import forget_bounces, known_hashes
from digest.store import deliveries, editions, subscribers
from digest.store.subscribers import Consent, NewSubscriber, StoredSubscriber
from digest.subscribers.consent_rules import (
    CONFIRM_WITHIN,
    ONE_CLICK,
    RETURN_WITHIN,
    UNSUBSCRIBE_PAGE,
    may_be_lifted,
)
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.link_tokens import Purpose
from digest.subscribers.preferences import clean_name
from digest.week import Week
from digest.words.translations import TranslationCatalogue, Translations

LOG = logging.getLogger(__name__)


def wording(words: Translations, title: str) -> str:
    """Return what a subscriber agrees to. It is stored with the consent, word for word as the page showed it."""
    return words.text("wording", title=title)


def ask_to_subscribe(
    context: Context,
    email: str,
    catalogue: TranslationCatalogue,
    *,
    name: str = "",
    themes: tuple[str, ...] = (),
    language: str = "",
    origin: str = "",
) -> None:
    """Ask to subscribe an address. Sends its owner a mail that says how to confirm.

    `language` is that of the page with the form. A new subscriber gets it; an existing one keeps their own.
    `catalogue` has the phrases of pages and notices.

    Sends nothing to addresses that an operator suppressed, and no more notices than `notice_limits` allows. Failures of
    the mail server are logged, not raised: the page says the same in every case.
    """
    address, theme_keys = parse_address(email), themes_of(context, themes)
    if not isinstance(address, Address) or theme_keys is None:
        return
    language = language if language in catalogue.languages else ""
    how = f"form, in {language}" if language else "form"
    notice = _notice_for_request(context, catalogue, address, clean_name(name), theme_keys, language, how, origin)
    if notice is not None:
        send_notice_or_log(context, notice)


def ask_to_return(context: Context, token: str, catalogue: TranslationCatalogue, *, origin: str = "") -> None:
    """Ask to resubscribe somebody by the link in their mail. Whoever has that link may have it from a mail that was
    forwarded, so the owner of the address gets a mail that says how to confirm."""
    number = number_of(context, token)
    if number is None:
        return
    with context.store.reading() as connection:
        subscriber = subscribers.find(connection, number)
    address = parse_address(subscriber.email) if subscriber else None
    if subscriber is None or not isinstance(address, Address):
        return
    notice = _notice_for_request(context, catalogue, address, "", (), subscriber.language, "own link", origin)
    if notice is not None:
        send_notice_or_log(context, notice)


def _notice_for_request(
    context: Context,
    catalogue: TranslationCatalogue,
    address: Address,
    name: str,
    theme_keys: tuple[str, ...],
    language: str,
    how: str,
    origin: str,
) -> Notice | None:
    now = context.clock()
    hashes = hasher_of(context.settings).hashes(address.key)
    title = context.settings.newsletter.title
    with context.store.writing() as connection:
        subscribers.lock_table(connection)
        subscribers.forget_pending(connection, before=now - CONFIRM_WITHIN)
        suppressions = subscribers.suppressed(connection, list(hashes)).values()
        if any(not may_be_lifted(suppression) for suppression in suppressions):
            return None
        if not may_notify(connection, context, address, by_domain=True):
            return None
        subscriber = subscribers.find_by_key(connection, address.key)
        is_subscribed = (
            subscriber is not None
            and subscriber.status in (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
            and not suppressions
        )
        event = ConsentEvent.REMINDED if is_subscribed else ConsentEvent.ASKED
        line = Consent(hashes[0], now, event, how, origin, wording(catalogue.translations(language), title))
        subscribers.add_consent(connection, [line])
        if subscriber is None:
            new_subscriber = NewSubscriber(
                address.email, address.key, hashes[0], name, theme_keys, language, SubscriberStatus.PENDING
            )
            subscribers.add_many(connection, [new_subscriber], now=now)
            subscriber = subscribers.find_by_key(connection, address.key)
            assert subscriber is not None
        elif subscriber.status is SubscriberStatus.PENDING:
            subscribers.change(connection, subscriber.id, name=name, themes=theme_keys, language=language)
            subscriber = replace(subscriber, language=language)
    to, number = subscriber.email, subscriber.id
    words = catalogue.translations(subscriber.language or language)
    links, tokens = Links(context.settings), tokens_of(context)
    mail, url = ALREADY_SUBSCRIBED, links.of(number).preferences
    if not is_subscribed:
        mail, url = CONFIRM_SUBSCRIPTION, links.page("confirm", tokens.make_dated(Purpose.CONFIRM, number, now))
    token = tokens.make(Purpose.BOUNCE, number)
    return confirmation_notice(words, mail, to, title=title, url=url, return_token=token, days=CONFIRM_WITHIN.days)


def is_confirmable(context: Context, token: str) -> bool:
    """Whether a confirmation link still works. Changes nothing."""
    number = tokens_of(context).read_dated(Purpose.CONFIRM, token, now=context.clock(), lasting=CONFIRM_WITHIN)
    with context.store.reading() as connection:
        return number is not None and subscribers.find(connection, number) is not None


def confirm(context: Context, token: str, words: Translations, *, origin: str = "") -> int | None:
    """Confirm a subscription, on a page with these phrases. Return the subscriber's number; None if the link does not
    work or an operator has suppressed the address meanwhile."""
    now = context.clock()
    number = tokens_of(context).read_dated(Purpose.CONFIRM, token, now=now, lasting=CONFIRM_WITHIN)
    if number is None:
        return None
    with context.store.writing() as connection:
        subscriber = subscribers.find(connection, number)
        if subscriber is None:
            return None
        welcome = _reactivate(connection, context, subscriber, how="confirmed by link", words=words, origin=origin)
    return number if welcome else None


class Return(Enum):
    """What became of somebody's wish to come back."""

    DONE = "they are subscribed"
    BY_MAIL = "they have to confirm it by mail: see `ask_to_return`"
    IMPOSSIBLE = "the link does not work, or an operator suppressed the address"


def resubscribe(context: Context, token: str, words: Translations, *, origin: str = "") -> Return:
    """Resubscribe somebody who unsubscribed by mistake a few minutes ago, by the link in their mail."""
    number = number_of(context, token)
    if number is None:
        return Return.IMPOSSIBLE
    with context.store.writing() as connection:
        subscriber = subscribers.find(connection, number)
        if subscriber is None or subscriber.status is SubscriberStatus.PENDING:
            return Return.IMPOSSIBLE
        suppressions = subscribers.suppressed(connection, known_hashes(hasher_of(context.settings), subscriber))
        if any(not may_be_lifted(one) for one in suppressions.values()):
            return Return.IMPOSSIBLE
        if not _may_return_by_link(connection, context, subscriber, list(suppressions.values())):
            return Return.BY_MAIL
        how = "came back by own link"
        _reactivate(connection, context, subscriber, how=how, words=words, origin=origin)
    return Return.DONE


def _may_return_by_link(
    connection: Connection, context: Context, subscriber: StoredSubscriber, suppressions: list[Suppression]
) -> bool:
    """Whether nothing happened but that the same link was used to unsubscribe, a few minutes ago."""
    if subscriber.status is not SubscriberStatus.LEFT and not suppressions:
        return True  # they get mail, or have paused it
    reasons = {reason for one in suppressions for reason in (one.reason, one.also) if reason}
    if reasons - {SuppressionReason.UNSUBSCRIBED}:
        return False
    lines = subscribers.history(connection, known_hashes(hasher_of(context.settings), subscriber))
    last = next((line for line in reversed(lines) if line.what is ConsentEvent.UNSUBSCRIBED), None)
    return last is not None and last.how in (UNSUBSCRIBE_PAGE, ONE_CLICK) and last.at >= context.clock() - RETURN_WITHIN


def _reactivate(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber,
    *,
    how: str,
    words: Translations,
    origin: str,
) -> bool:
    """Make the subscriber active and lift the suppressions that they may lift. False if an operator's is among them."""
    hashes = known_hashes(hasher_of(context.settings), subscriber)
    suppressions = subscribers.suppressed(connection, hashes)
    if any(not may_be_lifted(suppression) for suppression in suppressions.values()):
        return False
    subscribers.unsuppress(connection, list(suppressions))
    if (
        subscribers.move(
            connection,
            subscriber.id,
            [SubscriberStatus.PENDING, SubscriberStatus.LEFT, SubscriberStatus.PAUSED],
            SubscriberStatus.ACTIVE,
        )
        or suppressions
    ):
        forget_bounces(connection, subscriber.id)
        consent_text = wording(words, context.settings.newsletter.title)
        subscribers.add_consent(
            connection, [Consent(subscriber.hash, context.clock(), ConsentEvent.CONFIRMED, how, origin, consent_text)]
        )
    return True


def latest_for_newcomers(context: Context) -> Week | None:
    """Return the week of the latest edition that was sent, if it can be sent to new subscribers; else None.

    It cannot if a template or a setting has changed since. Changes nothing.
    """
    with context.store.reading() as connection:
        sent_editions = [row for row in editions.list_all(connection) if row.sent_at is not None]
    if not sent_editions:
        return None
    try:
        approved_edition(context, sent_editions[0].week)
    except DigestError as error:
        LOG.warning("New subscribers do not get the latest edition: %s", error.what)
        return None
    return sent_editions[0].week


def queue_latest(context: Context, number: int) -> Week | None:
    """Queue the latest edition for a new subscriber, once. Return its week; None if there is none or they have it.

    An error is only logged: the subscription itself has succeeded by then.
    """
    try:
        week = latest_for_newcomers(context)
        if not week:
            return None
        with context.store.writing() as connection:
            if not deliveries.queue_one(connection, Mailing(week), number, now=context.clock()):
                return None
            editions.move(connection, week, [EditionStatus.SENT], EditionStatus.SENDING)
    except DigestError as error:
        LOG.warning("A new subscriber does not get the latest edition: %s", error.what)
        return None
    return week


def send_latest(context: Context, week: Week) -> None:
    """Send what was queued. A failure is logged; the next `digest send` tries again."""
    try:
        send(context, week)
    except DigestError as error:
        for_week(LOG, week).warning("The edition for a new subscriber stays queued: %s", error.what)
