"""Read returned mail: hard bounces and complaints suppress an address, soft bounces are counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.errors import MailServerError, UsageError
from digest.mail.returned.parse_bounce import Kind, parse_returned_mail
from digest.mail.returned.unread_mail import unread
from digest.mail.smtp.tls import tls_context
from digest.mail.smtp.verdict import UNKNOWN
from digest.model import BounceHold
from digest.steps.bounces.mailbox_health import reading_key
from digest.steps.bounces.record import ReturnedBounce
from digest.steps.bounces.settle import notify_of_holds, settle
from digest.steps.context import Context
from digest.steps.mail_setup import keys_of
from digest.steps.subscribers.act_on_report import act_on_report
from digest.steps.subscribers.change_address import drop_unreachable_address
from digest.steps.subscribers.match_returned_mail import MatchedMail, match_returned_mail
from digest.store import bounces
from digest.subscribers.link_tokens import Tokens


@dataclass(frozen=True, slots=True)
class UnclearMail:
    """A report that cannot be read. It stays unread, for a person to look at."""

    sender: str
    subject: str
    why: str


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
    restored: int = 0  # suppressed by an earlier reading, before so many alike had come
    on_hold: int = 0  # many alike: they suppress nobody until an operator decides
    holds: tuple[BounceHold, ...] = ()  # all that is on hold, also from earlier readings
    unclear: tuple[UnclearMail, ...] = ()  # reports that cannot be read, among `other`


def read_bounces(context: Context, mailbox: str = "") -> BouncesReport:
    """Read the unread mails in the mailbox (else `[bounces] mailbox`) and act on them; then count the bounces.

    A mail that was processed is marked as read. Mails written by people stay unread; nothing else is changed. Reading
    again is safe, for the same report counts once. Raises UsageError if there is no mailbox, MailServerError if it
    cannot be reached or fails meanwhile.
    """
    settings = context.settings
    place = mailbox or settings.bounce_mailbox
    if not place:
        raise UsageError("There is no mailbox to read.", "Name one with --mailbox, or set [bounces] mailbox.")
    numbers: Counter[str] = Counter()
    unclear: list[UnclearMail] = []
    try:
        _read_mails(context, place, numbers, unclear)
    except MailServerError as error:
        _settle(context, numbers)
        if not numbers["read"]:
            raise
        raise MailServerError(
            f"{error.what} {numbers['read']} mails were processed before that.", error.remedy
        ) from error
    with context.store.writing() as connection:
        bounces.record_reading(connection, reading_key(place), at=context.clock())
    present = _settle(context, numbers)
    counts: dict[str, Any] = dict(numbers)
    return BouncesReport(**counts, holds=present, unclear=tuple(unclear))


def _read_mails(context: Context, place: str, numbers: Counter[str], unclear: list[UnclearMail]) -> None:
    settings = context.settings
    password = settings.secrets.read("imap_password") if place.startswith("imap") else ""
    trusted = tls_context(verify=settings.smtp.verify, ca_file=settings.ca_file)
    tokens = Tokens(keys_of(settings))
    with unread(place, password=password, context=trusted) as mails:
        for mail in mails:
            notice = parse_returned_mail(mail.raw, return_path=settings.bounces.return_path)
            with context.store.writing() as connection:
                matched = match_returned_mail(connection, tokens, notice)
                acted = _act(connection, context, matched, mail.arrived)
            if notice.kind is not Kind.OTHER:
                mail.done()  # after the commit: a mail that is read twice counts once, one never read is lost
            if notice.unclear:
                unclear.append(UnclearMail(notice.sender, notice.subject, notice.detail))
            numbers.update(("read", matched.mail.kind.value, *acted))


def _settle(context: Context, numbers: Counter[str]) -> tuple[BounceHold, ...]:
    """Count the bounces that this reading, or one that was killed, has recorded. Return all that is on hold."""
    settled = settle(context)
    for name in ("suppressed", "restored", "on_hold"):
        numbers[name] += getattr(settled, name)
    return notify_of_holds(context)


def _act(connection: Connection, context: Context, matched: MatchedMail, arrived: datetime | None) -> list[str]:
    """Act on one notice; bounces are only recorded. Return what to count besides its kind."""
    notice, subscriber = matched.mail, matched.subscriber
    if notice.kind in (Kind.AUTOMATIC, Kind.OTHER, Kind.DELAYED):
        return []
    if subscriber is None:
        is_known = drop_unreachable_address(connection, context, notice.tokens, notice.kind is Kind.HARD)
        return [] if is_known else ["unmatched"]
    if notice.forwarded:
        return []  # nothing is wrong with the subscriber's own address
    report = ReturnedBounce(notice.verdict or UNKNOWN, notice.detail, matched.message_id, arrived)
    suppressed = act_on_report(connection, context, subscriber, notice.kind, report, how="mail", origin="returned mail")
    return ["suppressed"] if suppressed else []
