"""What a subscriber's own link only asks for, because the mail may have been forwarded: their data, and erasing it.

    link in a mail ─ask_for_link▶ notice to the present address ─▶ link of one day, for one purpose ─▶ done

Moving to another address begins in the same way: see `change_address`.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from sqlalchemy import Connection

from digest.mail.message.confirmation_mails import (
    CONFIRM_ERASURE,
    CONFIRM_EXPORT,
    OWN_LINK,
    ConfirmationMail,
    confirmation_notice,
)
from digest.mail.message.notice import Notice
from digest.model import SubscriberStatus
from digest.steps.context import Context
from digest.steps.mail_setup import Links
from digest.steps.send_notice import send_notice_or_log
from digest.steps.subscribers.notice_limits import may_notify
from digest.steps.subscribers.operator_actions import erase_subscriber, history
from digest.steps.subscribers.self_service import subscriber_of, tokens_of
from digest.steps.suppress import may_lift_all, suppressions_of
from digest.store import subscribers, unconfirmed
from digest.store.subscribers import StoredSubscriber
from digest.subscribers.consent_rules import ACT_WITHIN
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.link_tokens import Purpose
from digest.words.translations import TranslationCatalogue


class Act(Enum):
    """What a link in a notice is for: its purpose, page and mail."""

    EXPORT = (Purpose.EXPORT, "data", CONFIRM_EXPORT)
    ERASE = (Purpose.ERASE, "erase", CONFIRM_ERASURE)

    def __init__(self, purpose: Purpose, page: str, mail: ConfirmationMail) -> None:
        self.purpose = purpose
        self.page = page
        self.mail = mail


def ask_for_link(context: Context, token: str, act: Act, catalogue: TranslationCatalogue) -> None:
    """Send the subscriber of a preferences link another link, which does what they asked for.

    Nothing goes to addresses that an operator suppressed, and no more than `notice_limits` allows. A failure of the
    mail server is logged.
    """
    subscriber = subscriber_of(context, token)
    if subscriber is None:
        return
    with context.store.writing() as connection:
        if not may_reach(connection, context, subscriber):
            return
    sealed = tokens_of(context).make_dated(act.purpose, subscriber.id, context.clock())
    url = Links(context.settings).page(act.page, sealed)
    send_notice_or_log(context, own_notice(context, subscriber, act.mail, url, catalogue))


def may_reach(
    connection: Connection, context: Context, subscriber: StoredSubscriber, *, by_domain: bool = False
) -> bool:
    """Return whether a notice may go to the subscriber's present address; if so, count it, also `by_domain`."""
    address = parse_address(subscriber.email)
    return (
        isinstance(address, Address)
        and may_lift_all(connection, context, subscriber)
        and may_notify(connection, context, address, by_domain=by_domain)
    )


def send_own_link(context: Context, email: str, catalogue: TranslationCatalogue) -> None:
    """Send whoever gets mail at this address, or has paused it, the link to their preferences; nobody else anything.

    The page says the same in every case, so failures of the mail server are only logged.
    """
    address = parse_address(email)
    if not isinstance(address, Address):
        return
    with context.store.writing() as connection:
        one = subscribers.find_by_key(connection, address.key)
        if (
            one is None
            or one.status not in (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
            or not may_reach(connection, context, one, by_domain=True)
        ):
            return
    url = Links(context.settings).of(one.id).preferences
    send_notice_or_log(context, own_notice(context, one, OWN_LINK, url, catalogue))


def own_notice(
    context: Context,
    subscriber: StoredSubscriber,
    mail: ConfirmationMail,
    url: str,
    catalogue: TranslationCatalogue,
    address: str = "",
) -> Notice:
    """Return a notice to the subscriber's present address."""
    return confirmation_notice(
        catalogue.translations(subscriber.language),
        mail,
        subscriber.email,
        title=context.settings.newsletter.title,
        url=url,
        return_token=tokens_of(context).make(Purpose.BOUNCE, subscriber.id),
        days=ACT_WITHIN.days,
        address=address,
    )


def email_for(context: Context, token: str, act: Act) -> str:
    """Return the address of the subscriber for whom a link does this; "" if it does not work any more."""
    with context.store.reading() as connection:
        subscriber = _subscriber(connection, context, token, act)
    return subscriber.email if subscriber else ""


def _subscriber(connection: Connection, context: Context, token: str, act: Act) -> StoredSubscriber | None:
    number = tokens_of(context).read_dated(act.purpose, token, now=context.clock(), lasting=ACT_WITHIN)
    return None if number is None else subscribers.find(connection, number)


def personal_data(context: Context, token: str) -> dict[str, Any] | None:
    """Return all that is stored about the subscriber, for their data export."""
    with context.store.reading() as connection:
        one = _subscriber(connection, context, token, Act.EXPORT)
        if one is None:
            return None
        choices = unconfirmed.find(connection, one.id)
        suppressions = suppressions_of(connection, context, one)
    return {
        "email": one.email,
        "name": one.name,
        "themes": list(one.themes) or "all",
        "language": one.language,
        "frequency": one.frequency.value,
        "status": one.status_at(context.clock()).value,
        "paused_until": one.paused_until.isoformat() if one.paused_until else None,
        "suppressed": [str(suppression) for suppression in suppressions.values()],
        "joined_at": one.joined_at.isoformat(),
        "new_email": one.new_email,
        "unconfirmed": {**choices._asdict(), "themes": list(choices.themes) or "all"} if choices else None,
        "soft_bounces": one.soft_bounces,
        "history": [
            {"at": line.at, "what": line.what, "how": line.how, "origin": line.origin, "wording": line.wording}
            for line in history(context, one.email)
        ],
    }


def erase(context: Context, token: str, *, origin: str = "") -> bool:
    """Erase the subscriber; only hashes stay. False where the link is invalid."""
    with context.store.writing() as connection:
        subscriber = _subscriber(connection, context, token, Act.ERASE)
        if subscriber is not None:
            erase_subscriber(connection, context, subscriber, how="own wish", origin=origin)
    return subscriber is not None
