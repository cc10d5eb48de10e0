"""Subscribe by double opt-in: somebody asks, the owner of the address confirms. Come back after unsubscribing.

`ask_to_subscribe` returns nothing, so that nobody learns who is subscribed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from sqlalchemy import Connection

from digest.mail.message.confirmation_mails import (
    ALREADY_SUBSCRIBED,
    CONFIRM_RESUMING,
    CONFIRM_SUBSCRIPTION,
    confirmation_notice,
)
from digest.mail.message.notice import Notice
from digest.model import ConsentEvent, SubscriberStatus, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import Links, hasher_of
from digest.steps.send_notice import send_notice_or_log
from digest.steps.subscribers.notice_limits import may_notify
from digest.steps.subscribers.self_service import number_of, themes_of, tokens_of
from digest.steps.suppress import forget_bounces, known_hashes, may_lift_all, suppressions_of
from digest.store import subscribers, unconfirmed
from digest.store.subscribers import Consent, NewSubscriber, StoredSubscriber
from digest.store.unconfirmed import Choices
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
from digest.words.translations import TranslationCatalogue, Translations


def wording(words: Translations, title: str) -> str:
    """Return what a subscriber agrees to. It is stored with the consent, word for word as the page showed it."""
    return words.text("wording", title=title)


def ask_to_subscribe(
    context: Context,
    email: str,
    catalogue: TranslationCatalogue,
    *,
    name: str = "",
    themes: tuple[str, ...] | None = None,
    language: str = "",
    origin: str = "",
) -> None:
    """Ask to subscribe an address. Sends its owner a mail that says how to confirm.

    `themes` is None if the form did not ask: then they get those that they had, or all. `language` is that of the page
    with the form. Who gets mail already keeps their name, themes and language; for all others counts what they chose
    last, once they confirm. `catalogue` has the phrases of pages and notices.

    Sends nothing to addresses that an operator suppressed, and no more notices than `notice_limits` allows. Failures of
    the mail server are logged, not raised: the page says the same in every case.
    """
    address, theme_keys = parse_address(email), themes_of(context, themes or ())
    if not isinstance(address, Address) or theme_keys is None:
        return
    language = language if language in catalogue.languages else ""
    how = f"form, in {language}" if language else "form"
    choices = Choices(clean_name(name), theme_keys, language)
    notice = _notice_for_request(context, catalogue, address, choices, how, origin, has_themes=themes is not None)
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
    notice = _notice_for_request(context, catalogue, address, None, "own link", origin)
    if notice is not None:
        send_notice_or_log(context, notice)


def _notice_for_request(
    context: Context,
    catalogue: TranslationCatalogue,
    address: Address,
    choices: Choices | None,
    how: str,
    origin: str,
    *,
    has_themes: bool = True,
) -> Notice | None:
    """Record the request and return the notice for it. `choices` is None if they come back as they were, and without
    `has_themes` as far as themes are concerned."""
    now = context.clock()
    hashes = hasher_of(context.settings).hashes(address.key)
    title = context.settings.newsletter.title
    with context.store.writing() as connection:
        subscribers.lock_table(connection)
        subscribers.forget_pending(connection, before=now - CONFIRM_WITHIN)
        unconfirmed.forget(connection, before=now - CONFIRM_WITHIN)
        suppressions = subscribers.suppressed(connection, list(hashes)).values()
        if any(not may_be_lifted(suppression) for suppression in suppressions):
            return None
        if not may_notify(connection, context, address, by_domain=True):
            return None
        subscriber = subscribers.find_by_key(connection, address.key)
        status = None if subscriber is None or suppressions else subscriber.status_at(now)
        is_subscribed = status is SubscriberStatus.ACTIVE
        language = choices.language if choices else subscriber.language if subscriber else ""
        event = ConsentEvent.REMINDED if is_subscribed else ConsentEvent.ASKED
        line = Consent(hashes[0], now, event, how, origin, wording(catalogue.translations(language), title))
        subscribers.add_consent(connection, [line])
        if choices and subscriber and not has_themes:
            earlier = unconfirmed.find(connection, subscriber.id) or subscriber
            choices = choices._replace(themes=earlier.themes, name=choices.name or earlier.name)
        number = _keep_choices(connection, context, address, subscriber, None if is_subscribed else choices)
    if subscriber is not None and (is_subscribed or not language):
        language = subscriber.language
    to = subscriber.email if subscriber else address.email
    words, links, tokens = catalogue.translations(language), Links(context.settings), tokens_of(context)
    mail, url = ALREADY_SUBSCRIBED, links.of(number).preferences
    if not is_subscribed:
        mail = CONFIRM_RESUMING if status is SubscriberStatus.PAUSED else CONFIRM_SUBSCRIPTION
        url = links.page("confirm", tokens.make_dated(Purpose.CONFIRM, number, now))
    token = tokens.make(Purpose.BOUNCE, number)
    return confirmation_notice(words, mail, to, title=title, url=url, return_token=token, days=CONFIRM_WITHIN.days)


def _keep_choices(
    connection: Connection,
    context: Context,
    address: Address,
    subscriber: StoredSubscriber | None,
    choices: Choices | None,
) -> int:
    """Keep what they chose until they confirm. Return the subscriber's number."""
    now = context.clock()
    if subscriber is None:
        row_hash = hasher_of(context.settings).hashes(address.key)[0]
        name, themes, language, frequency = choices or Choices("", (), "")
        row = NewSubscriber(
            address.email, address.key, row_hash, name, themes, language, SubscriberStatus.PENDING, frequency
        )
        subscribers.add_many(connection, [row], now=now)
        subscriber = subscribers.find_by_key(connection, address.key)
        assert subscriber is not None
    elif choices:
        choices = choices._replace(frequency=subscriber.frequency)  # the form does not ask for it
        if subscriber.status is SubscriberStatus.PENDING:
            subscribers.change(connection, subscriber.id, **choices._asdict())
            return subscriber.id
        unconfirmed.keep(connection, subscriber.id, choices, at=now)
    return subscriber.id


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the page says that asks to confirm, and the one that follows."""

    number: int  # the subscriber's
    email: str
    themes: tuple[str, ...]  # what they get once they confirm; () means all
    is_paused: bool  # until they confirm
    is_new: bool = False  # a subscriber since this very press of the button


def confirmation(context: Context, token: str) -> Confirmation | None:
    """Return what a confirmation link is for; None if it does not work any more. Changes nothing."""
    with context.store.reading() as connection:
        return _confirmation(connection, context, token)


def _confirmation(connection: Connection, context: Context, token: str) -> Confirmation | None:
    number = tokens_of(context).read_dated(Purpose.CONFIRM, token, now=context.clock(), lasting=CONFIRM_WITHIN)
    subscriber = None if number is None else subscribers.find(connection, number)
    if subscriber is None:
        return None
    choices = unconfirmed.find(connection, subscriber.id)
    paused = subscriber.status_at(context.clock()) is SubscriberStatus.PAUSED
    is_paused = paused and not suppressions_of(connection, context, subscriber)
    return Confirmation(
        subscriber.id, subscriber.email, choices.themes if choices else subscriber.themes, is_paused=is_paused
    )


def confirm(context: Context, token: str, words: Translations, *, origin: str = "") -> Confirmation | None:
    """Confirm a subscription, on a page with these phrases. Return what was confirmed; None if the link does not work
    or an operator has suppressed the address meanwhile."""
    how = "confirmed by link"
    with context.store.writing() as connection:
        confirmation = _confirmation(connection, context, token)
        subscriber = subscribers.find(connection, confirmation.number) if confirmation else None
        if confirmation is None or subscriber is None or not may_lift_all(connection, context, subscriber):
            return None
        _apply_choices(connection, context, subscriber, how=how, origin=origin)
        is_new = _reactivate(connection, context, subscriber, how=how, words=words, origin=origin)
    return replace(confirmation, is_new=is_new)


def _apply_choices(
    connection: Connection, context: Context, subscriber: StoredSubscriber, *, how: str, origin: str
) -> None:
    """Let what they chose with their question count. An empty name keeps the one that they had."""
    choices = unconfirmed.find(connection, subscriber.id)
    if choices is None:
        return
    unconfirmed.drop(connection, subscriber.id)
    choices = choices._replace(name=choices.name or subscriber.name)
    changed = [what for what, value in choices._asdict().items() if value != getattr(subscriber, what)]
    if changed:
        subscribers.change(connection, subscriber.id, **choices._asdict())
        themes = ", ".join(choices.themes) or "all themes"
        line = Consent(
            subscriber.hash, context.clock(), ConsentEvent.CHANGED, how, origin, themes, detail=", ".join(changed)
        )
        subscribers.add_consent(connection, [line])


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
        suppressions = suppressions_of(connection, context, subscriber)
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
    """Make the subscriber active and lift their suppressions. Only for those who may return. Return whether they got
    no mail before, and did not just pause it."""
    suppressions = suppressions_of(connection, context, subscriber)
    subscribers.unsuppress(connection, list(suppressions))
    earlier = [SubscriberStatus.PENDING, SubscriberStatus.LEFT, SubscriberStatus.PAUSED]
    if not subscribers.move(connection, subscriber.id, earlier, SubscriberStatus.ACTIVE) and not suppressions:
        return False
    forget_bounces(connection, subscriber.id)
    consent_text = wording(words, context.settings.newsletter.title)
    resumes = subscriber.status is SubscriberStatus.PAUSED and not suppressions
    event = ConsentEvent.RESUMED if resumes else ConsentEvent.CONFIRMED
    line = Consent(subscriber.hash, context.clock(), event, how, origin, consent_text)
    subscribers.add_consent(connection, [line])
    return not resumes
