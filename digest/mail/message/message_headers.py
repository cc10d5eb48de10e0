"""Which header lines a message has: those that all subscribers share, and those of one subscriber. Pure.

How a line is folded and encoded is in `header_encoding`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from digest.escape import clean
from digest.mail.message import header_encoding
from digest.mail.rendering.design import Design
from digest.mailbox_syntax import split_mailbox
from digest.model import EditionMail

_NAME_LENGTH = 100  # characters
_SENDER_ID = 5, 15  # characters
_ONE_CLICK = header_encoding.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


@dataclass(frozen=True, slots=True)
class Addressing:
    """What of a message is one subscriber's own. Addresses of pages are "" where there are no public pages."""

    email: str
    name: str
    message_id: str  # "<…@example.org>"
    date: datetime  # aware; of the first try, so that a retry is the same mail
    unsubscribe_url: str  # https; with it goes the one-click header
    unsubscribe_mailto: str  # "mailto:…"
    preferences_url: str = ""


class MessageIds:
    """Message-IDs: the same for the same edition and subscriber, and nobody without the secret can tell whose one
    is."""

    def __init__(self, secret: bytes, week: str, domain: str) -> None:
        """Raises ValueError when `domain` is none."""
        self._secret = secret
        self._what = f"message-id\0{week}\0"
        self._start = f"<{re.sub(r'[^a-z0-9]+', '.', week.lower()).strip('.')}."
        self._end = f"@{header_encoding.wire_address(f'x@{domain}').partition('@')[2]}>"

    def __call__(self, subscriber: int) -> str:
        """The Message-ID of the edition for one subscriber, with its angle brackets."""
        mac = hmac.digest(self._secret, f"{self._what}{subscriber}".encode(), "sha256").hex()
        return f"{self._start}{mac[:32]}{self._end}"


def display_name(addressing: Addressing) -> str:
    """The subscriber's name, cleaned and short enough for a header."""
    return clean(addressing.name)[:_NAME_LENGTH]


def subscriber_headers(addressing: Addressing) -> bytes:
    # RFC 8058 knows https only; a plain http address, as in a rehearsal, stands in the body and not in the headers.
    https = addressing.unsubscribe_url if addressing.unsubscribe_url.startswith("https://") else ""
    ways = [f"<{way}>" for way in (https, addressing.unsubscribe_mailto) if way]
    return b"".join(
        (
            header_encoding.plain("Message-ID", addressing.message_id),
            _date(addressing.date.replace(microsecond=0)),
            header_encoding.mailbox("To", display_name(addressing), addressing.email),
            header_encoding.listed("List-Unsubscribe", ways) if ways else b"",
            _ONE_CLICK if https else b"",
        )
    )


@lru_cache(maxsize=64)
def _date(moment: datetime) -> bytes:
    """Cached: many subscribers are claimed in the same second."""
    return header_encoding.plain("Date", format_datetime(moment.astimezone(UTC)))


def shared_headers(rendered: EditionMail, design: Design, week: str, boundary: str) -> bytes:
    name, address = split_mailbox(design.from_)
    list_id = _list_id(address)
    help_address = header_encoding.wire_address(split_mailbox(design.reply_to)[1] or address)
    lines = [
        header_encoding.mailbox("From", name or design.title, address),
    ]
    if design.reply_to:
        lines.append(header_encoding.mailbox("Reply-To", *split_mailbox(design.reply_to)))
    lines += [
        header_encoding.unstructured("Subject", rendered.subject),
        header_encoding.mailbox_id("List-Id", design.title, list_id),
        header_encoding.plain("List-Help", f"<mailto:{help_address}?subject=help>"),
    ]
    if design.archive_url:
        lines.append(header_encoding.plain("List-Archive", f"<{design.archive_url}>"))
    lines += [
        header_encoding.plain("List-Post", "NO"),
        header_encoding.plain("Feedback-ID", f"{week.lower()}:edition:digest:{_sender_id(list_id)}"),
        header_encoding.plain("Auto-Submitted", "auto-generated"),
        header_encoding.plain("Precedence", "bulk"),
        header_encoding.plain("MIME-Version", "1.0"),
        header_encoding.listed("Content-Type", ["multipart/alternative", f'boundary="{boundary}"'], ";"),
    ]
    return b"".join(lines)


def _sender_id(list_id: str) -> str:
    """Who sends, as Gmail's Feedback-ID wants it: always the same, 5 to 15 characters. From the list's domain.

    https://support.google.com/mail/answer/6254652
    """
    domain = list_id.partition(".")[2]
    name = (domain if len(domain) >= _SENDER_ID[0] else list_id).replace(".", "-")
    if _SENDER_ID[0] <= len(name) <= _SENDER_ID[1]:
        return name
    checksum = hashlib.sha256(domain.encode()).hexdigest()[:6]
    return f"{name[: _SENDER_ID[1] - 7].strip('-')}-{checksum}"


def _list_id(address: str) -> str:
    """RFC 2919: `digest@example.org` names the list `digest.example.org`."""
    local, _, domain = header_encoding.wire_address(address).rpartition("@")
    word = re.sub(r"[^A-Za-z0-9-]+", "-", local).strip("-") or "digest"
    return f"{word}.{domain}".lower()
