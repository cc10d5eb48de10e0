"""Read returned mail: hard bounces and complaints suppress an address, soft bounces are counted."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import Connection

from digest.errors import MailServerError, UsageError
from digest.mail.returned.parse_bounce import Kind, ReturnedMail, parse_returned_mail
from digest.mail.returned.unread_mail import unread
from digest.mail.smtp.tls import tls_context
from digest.model import ConsentEvent, Delivery, DeliveryState, Suppression, SuppressionReason
from digest.steps.context import Context
from digest.steps.mail_setup import keys_of
from digest.steps.subscribers.operator_actions import suppress_subscriber, unsubscribe_subscriber
from digest.store import deliveries, subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.link_tokens import Purpose, Tokens


@dataclass(frozen=True, slots=True)
class BouncesReport:
    """`digest bounces read`: how many mails were what, and how many subscribers were suppressed."""

    read: int = 0
    hard: int = 0
    soft: int = 0
    delayed: int = 0
    complaint: int = 0
    unsubscribe: int = 0
    automatic: int = 0
    other: int = 0  # left unread, for people
    unmatched: int = 0  # reports without a valid token of a subscriber
    suppressed: int = 0


def read_bounces(context: Context, mailbox: str = "") -> BouncesReport:
    """Read the unread mails in the mailbox (else `[bounces] mailbox`) and act on them, one by one.

    A mail that was processed is marked as read. Mails written by people stay unread; nothing else is changed. Reading
    again is safe, for the same report counts once. Raises UsageError if there is no mailbox, MailServerError if it
    cannot be reached or fails meanwhile.
    """
    settings = context.settings
    place = mailbox or settings.bounces.mailbox
    if not place:
        raise UsageError("There is no mailbox to read.", "Name one with --mailbox, or set [bounces] mailbox.")
    password = settings.secrets.read("imap_password") if place.startswith("imap") else ""
    trusted = tls_context(verify=settings.smtp.verify, ca_file=settings.smtp.ca_file)
    numbers = dict.fromkeys((field.name for field in fields(BouncesReport)), 0)
    tokens = Tokens(keys_of(settings))
    try:
        with unread(place, password=password, context=trusted) as mails:
            for mail in mails:
                notice = parse_returned_mail(mail.raw, return_path=settings.bounces.return_path)
                with context.store.writing() as connection:
                    acted = _act(connection, context, tokens, notice, mail.arrived)
                if notice.kind is not Kind.OTHER:
                    mail.done()  # after the commit: a mail that is read twice counts once, one never read is lost
                for word in ("read", notice.kind.value, *acted):
                    numbers[word] += 1
    except MailServerError as error:
        if not numbers["read"]:
            raise
        raise MailServerError(
            f"{error.what} {numbers['read']} mails were processed before that.", error.remedy
        ) from error
    return replace(BouncesReport(), **numbers)


def _act(
    connection: Connection, context: Context, tokens: Tokens, notice: ReturnedMail, arrived: datetime | None
) -> list[str]:
    """Act on one notice. Return what to count besides its kind."""
    if notice.kind in (Kind.AUTOMATIC, Kind.OTHER, Kind.DELAYED):
        return []
    subscriber = _subscriber(connection, tokens, notice)
    if subscriber is None:
        return ["unmatched"]
    match notice.kind:
        case Kind.UNSUBSCRIBE:
            unsubscribe_subscriber(connection, context, subscriber, how="mail")
            return []
        case Kind.COMPLAINT:
            return _suppress(connection, context, subscriber, SuppressionReason.COMPLAINT, notice.detail)
        case Kind.HARD:
            return _suppress(connection, context, subscriber, SuppressionReason.BOUNCE, notice.detail)
        case _:
            return _count(connection, context, subscriber, notice, arrived)


def _subscriber(connection: Connection, tokens: Tokens, notice: ReturnedMail) -> StoredSubscriber | None:
    numbers = [tokens.read(Purpose.BOUNCE, token) for token in notice.bounce_tokens]
    numbers += [tokens.read(Purpose.UNSUBSCRIBE, token) for token in notice.unsubscribe_tokens]
    candidates = (subscribers.find(connection, number) for number in numbers if number is not None)
    return next((subscriber for subscriber in candidates if subscriber is not None), None)


def _suppress(
    connection: Connection, context: Context, subscriber: StoredSubscriber, reason: SuppressionReason, detail: str
) -> list[str]:
    suppression = Suppression(reason, detail.split(" ")[0])
    hashes = [subscriber.hash]
    if subscribers.suppressed(connection, hashes):
        return []
    suppress_subscriber(connection, context, subscriber, suppression)
    line = Consent(subscriber.hash, context.clock(), ConsentEvent.SUPPRESSED, str(suppression), "returned mail", detail)
    subscribers.add_consent(connection, [line])
    return ["suppressed"]


def _count(
    connection: Connection,
    context: Context,
    subscriber: StoredSubscriber,
    notice: ReturnedMail,
    arrived: datetime | None,
) -> list[str]:
    """Count a soft bounce, once for each edition. `soft_limit` editions in a row suppress like a hard bounce."""
    sent_deliveries = [
        one for one in deliveries.stream(connection, subscriber=subscriber.id) if one.state is DeliveryState.SENT
    ]
    if not sent_deliveries:
        return ["unmatched"]
    mailing = next(
        (one.mailing for one in sent_deliveries if one.message_id == notice.message_id),
        _last_before(sent_deliveries, arrived).mailing,
    )
    bounced = {
        line.origin
        for line in subscribers.history(connection, [subscriber.hash])
        if line.what is ConsentEvent.SOFT_BOUNCE
    }
    if str(mailing) not in bounced:
        line = Consent(
            subscriber.hash, context.clock(), ConsentEvent.SOFT_BOUNCE, notice.detail or "soft bounce", str(mailing)
        )
        subscribers.add_consent(connection, [line])
        bounced.add(str(mailing))
    in_a_row = 0
    for one in reversed(sent_deliveries):
        if str(one.mailing) not in bounced:
            break
        in_a_row += 1
    subscribers.change(connection, subscriber.id, soft_bounces=in_a_row)
    if in_a_row >= context.settings.bounces.soft_limit:
        return _suppress(
            connection, context, subscriber, SuppressionReason.BOUNCE, f"{in_a_row} editions in a row: {notice.detail}"
        )
    return []


def _last_before(sent_deliveries: list[Delivery], arrived: datetime | None) -> Delivery:
    """Return the delivery that a report without a Message-ID is about: the last one before the report arrived.

    The newest delivery would be wrong: a report that is read late must not count for an edition sent after it arrived.
    """
    if arrived is None:
        return sent_deliveries[-1]
    before = [one for one in sent_deliveries if one.updated_at and one.updated_at <= arrived]
    return before[-1] if before else sent_deliveries[0]
