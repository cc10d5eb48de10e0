"""What subscribers do by the links in their mails: change preferences, unsubscribe.

Whoever has a token may act for the subscriber in it. No return value reveals who else is subscribed. `subscribe` is for
subscribing, `fewer_mails` for pausing and what else is less than unsubscribing; `by_mail` and `change_address` are for
what a forwarded link must not do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.model import ConsentEvent, Frequency, SubscriberStatus, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import keys_of
from digest.steps.subscribers.operator_actions import unsubscribe_subscriber
from digest.steps.suppress import suppressions_of
from digest.store import subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.consent_rules import CONFIRM_WITHIN, may_be_lifted
from digest.subscribers.link_tokens import Purpose, Tokens
from digest.subscribers.preferences import chosen_themes, clean_name
from digest.words.catalogues import mail_catalogue


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the preferences page shows."""

    email: str
    name: str
    themes: tuple[str, ...]  # () means all
    language: str  # "" means the newsletter's
    status: SubscriberStatus
    new_email: str
    suppressed: SuppressionReason | None  # why a subscriber who has not left gets nothing; None if they get mail
    may_return: bool  # they unsubscribed, or are suppressed for a reason that they may lift
    frequency: Frequency
    paused_until: datetime | None  # when their pause ends by itself; None: when they resume, or no pause


# --- Links ------------------------------------------------------------------------------------------------------------


def tokens_of(context: Context) -> Tokens:
    return Tokens(keys_of(context.settings))


def subscriber_of(context: Context, token: str) -> StoredSubscriber | None:
    """Return the subscriber of a preferences link; None for an invalid link and for an erased subscriber."""
    number = tokens_of(context).read(Purpose.PREFERENCES, token)
    if number is None:
        return None
    with context.store.reading() as connection:
        return subscribers.find(connection, number)


def number_of(context: Context, token: str) -> int | None:
    """Return the number of the subscriber whom this link unsubscribes, even if they were erased since."""
    tokens = tokens_of(context)
    number = tokens.read(Purpose.PREFERENCES, token)
    return tokens.read(Purpose.UNSUBSCRIBE, token) if number is None else number


def email_of(context: Context, token: str) -> str:
    """Return the address of the subscriber whom this link unsubscribes; "" if there is none."""
    number = number_of(context, token)
    if number is None:
        return ""
    with context.store.reading() as connection:
        subscriber = subscribers.find(connection, number)
    return subscriber.email if subscriber else ""


def language_of(context: Context, token: str) -> str:
    """Return the language of the link's subscriber; "" if they chose none or the link is invalid."""
    tokens, now = tokens_of(context), context.clock()
    number = number_of(context, token)
    for purpose in (Purpose.CONFIRM, Purpose.ADDRESS, Purpose.MOVE, Purpose.EXPORT, Purpose.ERASE):
        bound = tokens.read_bound(purpose, token, now=now, lasting=CONFIRM_WITHIN) if number is None else None
        number = bound[0] if bound else number
    if number is None:
        return ""
    with context.store.reading() as connection:
        subscriber = subscribers.find(connection, number)
    return subscriber.language if subscriber else ""


# --- Preferences ------------------------------------------------------------------------------------------------------


def themes_of(context: Context, ticked: Iterable[str]) -> tuple[str, ...] | None:
    """Return the themes to store, () for all; None if the newsletter does not have one of them (any more)."""
    return chosen_themes(ticked, [theme.key for theme in context.settings.themes])


def preferences(context: Context, token: str) -> Preferences | None:
    """Return what the preferences page shows; None if the link is invalid."""
    subscriber = subscriber_of(context, token)
    if subscriber is None:
        return None
    one, status = subscriber, subscriber.status_at(context.clock())
    with context.store.reading() as connection:
        reasons = suppressions_of(connection, context, subscriber)
    suppression = (
        next(iter(reasons.values()), None) if status in (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED) else None
    )
    suppressed = suppression.reason if suppression else None
    may_return = bool(suppressed or status is SubscriberStatus.LEFT) and all(
        may_be_lifted(reason) for reason in reasons.values()
    )
    return Preferences(
        one.email,
        one.name,
        one.themes,
        one.language,
        status,
        one.new_email,
        suppressed,
        may_return,
        one.frequency,
        one.paused_until if status is SubscriberStatus.PAUSED else None,
    )


def languages(context: Context) -> tuple[str, ...]:
    """Return the tags of the languages that a subscriber may choose: those into which the mail is translated."""
    return mail_catalogue(context.settings).languages


def may_choose(context: Context, token: str, language: str) -> bool:
    """Whether the subscriber may choose this language: a known one, the one they have, or "", the newsletter's."""
    subscriber = subscriber_of(context, token)
    return subscriber is None or _is_choice(context, subscriber, language)


def _is_choice(context: Context, subscriber: StoredSubscriber, language: str) -> bool:
    return language in ("", subscriber.language, *languages(context))


def save_preferences(
    context: Context,
    token: str,
    *,
    name: str,
    themes: tuple[str, ...],
    language: str | None = None,
    frequency: Frequency | None = None,
    origin: str = "",
) -> bool:
    """Store the subscriber's name, themes, language and frequency (None keeps the language or frequency).

    Returns False and changes nothing if the link, a theme or the language is invalid.
    """
    subscriber, theme_keys = subscriber_of(context, token), themes_of(context, themes)
    if subscriber is None or theme_keys is None:
        return False
    before = subscriber.language
    language = before if language is None else language
    if not _is_choice(context, subscriber, language):
        return False
    number = subscriber.id
    with context.store.writing() as connection:
        subscribers.change(connection, number, name=clean_name(name), themes=theme_keys, language=language)
        change_frequency(connection, context, subscriber, frequency or subscriber.frequency, origin=origin)
        record_own_change(
            connection,
            context,
            subscriber,
            ConsentEvent.CHANGED,
            origin,
            ", ".join(theme_keys) or "all themes",
            "name, themes",
        )
        if language != before:
            record_own_change(
                connection,
                context,
                subscriber,
                ConsentEvent.CHANGED,
                origin,
                language or "the newsletter's",
                "language",
            )
    return True


def change_frequency(
    connection: Connection, context: Context, one: StoredSubscriber, frequency: Frequency, *, origin: str
) -> None:
    """Store how often they get mail, within the caller's transaction; nothing if it is the same."""
    if frequency is not one.frequency:
        subscribers.change(connection, one.id, frequency=frequency.value)
        record_own_change(connection, context, one, ConsentEvent.CHANGED, origin, frequency.value, "frequency")


def record_own_change(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber,
    event: ConsentEvent,
    origin: str,
    wording: str = "",
    detail: str = "",
) -> None:
    """Add to the subscriber's history what they did by their own link."""
    line = Consent(subscriber.hash, context.clock(), event, "preferences", origin, wording, detail)
    subscribers.add_consent(connection, [line])


# --- Unsubscribing ----------------------------------------------------------------------------------------------------


def unsubscribe(context: Context, token: str, *, how: str, origin: str = "") -> bool:
    """Unsubscribe. True for every valid link, even if its subscriber has unsubscribed already or was erased."""
    number = number_of(context, token)
    if number is None:
        return False
    with context.store.writing() as connection:
        subscriber = subscribers.find(connection, number)
        if subscriber is not None:
            unsubscribe_subscriber(connection, context, subscriber, how=how, origin=origin)
    return True


def may_unsubscribe(context: Context, token: str) -> bool:
    """Whether the link is valid. Does not touch the store."""
    return number_of(context, token) is not None
