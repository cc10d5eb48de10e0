"""What mail that comes back says: delivery reports, complaints, requests to unsubscribe. Pure: bytes in, a value out.

    mail ─ bounded ─┬─ feedback_report    a complaint (RFC 5965)
                    ├─ delivery_report    a delivery status notification (RFC 3464, RFC 6533)
                    ├─ plain_bounce       some forty dialects, from a mail system
                    ├─ automatic          a holiday reply and the like, by positive signs only
                    └─ own_marks          whom it is about

Who is meant is taken from our own signed tokens and Message-IDs (`own_marks`). A report without one proves nothing, for
anybody can write one. What looks like a report and cannot be read stays for a person.
"""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email.message import Message

from digest.mail.returned.delivery_report import delivery_report
from digest.mail.returned.failure_text import failure_text
from digest.mail.returned.feedback_report import feedback_report
from digest.mail.returned.mail_parts import bounded, decoded_header, header, text_of
from digest.mail.returned.own_marks import own_marks
from digest.mail.returned.plain_bounce import plain_bounce
from digest.mail.returned.returned_mail import Kind, RecipientReport, ReturnedMail, worst_of
from digest.mail.smtp.verdict import UNKNOWN

__all__ = ["Kind", "RecipientReport", "ReturnedMail", "parse_returned_mail"]

# As people and their gateways leave it: behind "Re:" or "[EXTERNAL]", with "%20" or "+" for the space.
_REQUEST = re.compile(
    r"\bunsubscribe(?:[\s_+]|%20|=20){1,5}([0-9A-Za-z]{1,13}\.[0-9A-Za-z_-]{27,28})(?![0-9A-Za-z_-])", re.IGNORECASE
)
_MOST_SHOWN = 120  # characters of a header
_MARKS_OF_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")


def parse_returned_mail(raw: bytes, *, return_path: str = "") -> ReturnedMail:
    """Read one mail. `return_path` is the settings' pattern with `{token}`. Never raises, whatever is in the mail."""
    try:
        raw = bounded(raw)
        message = email.message_from_bytes(raw)
        mail = _judge(message, raw)
        tokens, message_ids = own_marks(message, raw, return_path)
        request = _REQUEST.search(decoded_header(message, "Subject"))
        if (
            request
            and mail.kind in (Kind.OTHER, Kind.AUTOMATIC)
            and not mail.unclear
            and not _answers_by_itself(message)
        ):
            return ReturnedMail(Kind.UNSUBSCRIBE, (request[1],))
        if mail.unclear:
            sender, subject = (decoded_header(message, name)[:_MOST_SHOWN] for name in ("From", "Subject"))
            mail = replace(mail, sender=sender, subject=subject)
        return replace(mail, tokens=tokens, message_ids=message_ids)
    except Exception as error:  # noqa: BLE001 - parsers meet hostile mail with any of them; the other mails wait
        return ReturnedMail(Kind.OTHER, unclear=True, detail=f"cannot be read: {type(error).__name__}")


def _judge(message: Message, raw: bytes) -> ReturnedMail:
    if complaint := feedback_report(message):
        return complaint
    text = failure_text(text_of(message))
    recipients = delivery_report(message, text)
    if recipients:
        worst = worst_of(recipients)
        return ReturnedMail(worst.kind, verdict=worst.verdict, detail=worst.detail, recipients=recipients)
    if _is_receipt(message):
        return ReturnedMail(Kind.AUTOMATIC, detail="a receipt")
    bounce = plain_bounce(message, raw, text)
    if bounce and not (recipients == () and bounce.verdict == UNKNOWN):
        return bounce
    if recipients is not None or message.get_content_type() == "multipart/report":
        return ReturnedMail(Kind.OTHER, unclear=True, detail="a delivery report that says nothing of any recipient")
    return ReturnedMail(Kind.AUTOMATIC if _is_automatic(message) else Kind.OTHER)


def _is_receipt(message: Message) -> bool:
    """A message disposition notification (RFC 8098)."""
    return str(message.get_param("report-type", "")).lower() == "disposition-notification"


def _answers_by_itself(message: Message) -> bool:
    """A holiday reply repeats subjects. A mail program that unsubscribes for its user says "auto-generated" at most."""
    return header(message, "Auto-Submitted").strip().lower().startswith("auto-replied")


def _is_automatic(message: Message) -> bool:
    """RFC 3834, and what programs wrote before it."""
    submitted = header(message, "Auto-Submitted").strip().lower()
    declared = submitted.partition(";")[0].strip() not in ("", "no")
    marked = any(header(message, name) for name in _MARKS_OF_AUTOMATIC)
    return declared or marked or header(message, "Precedence").strip().lower() == "auto_reply"
