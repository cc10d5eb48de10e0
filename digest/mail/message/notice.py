"""Short plain mails to one subscriber (please confirm, you are subscribed already). Pure: values in, bytes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

from digest.domain_names import to_ascii

_BLANKS = re.compile(r"[^\S\xa0]+")  # French puts no-break spaces before its colons


@dataclass(frozen=True, slots=True)
class Notice:
    """A short mail to a subscriber or editor. Blank lines separate its paragraphs; URLs stand on lines of their own."""

    to: str
    subject: str
    text: str
    language: str = "en"


def notice_bytes(notice: Notice, *, from_: str, reply_to: str | None, message_id: str, date: datetime) -> bytes:
    """The message, CRLF line ends. `message_id` with its angle brackets; `from_` and `reply_to` as in the settings."""
    message = EmailMessage(policy=SMTP if notice.to.isascii() else SMTPUTF8)
    message["From"] = _mailbox(from_)
    message["To"] = _mailbox(notice.to)
    if reply_to:
        message["Reply-To"] = _mailbox(reply_to)
    message["Subject"] = _BLANKS.sub(" ", notice.subject).strip()
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday reply, please
    message.set_content(notice.text, cte="quoted-printable")
    message["Content-Language"] = notice.language  # after the content, which takes all Content-… away
    return message.as_bytes()


def _mailbox(text: str) -> Address:
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain if domain.isascii() else to_ascii(domain))
