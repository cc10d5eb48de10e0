"""Short mails to one subscriber or editor. Pure: values in, bytes out."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.mail.message import header_encoding
from digest.mail.message.message_template import HTML_TYPE, TEXT_TYPE, space_stuffed
from digest.mail.rendering.flowed_text import COLUMNS, tidy, wrap
from digest.mail.rendering.notice_html import NoticePage
from digest.mailbox_syntax import split_mailbox


@dataclass(frozen=True, slots=True)
class Notice:
    """A short mail to a subscriber or editor. Blank lines separate its paragraphs; URLs stand on lines of their own."""

    to: str
    subject: str
    text: str
    language: str = "en"
    return_token: str = ""  # by which a bounce of it is known; "" for none
    page: NoticePage | None = None  # what its HTML part says; None for a notice without one


def notice_bytes(
    notice: Notice, *, from_: str, reply_to: str | None, message_id: str, date: datetime, html: str = ""
) -> bytes:
    """The message, CRLF line ends. `message_id` with its angle brackets; `from_` and `reply_to` as in the settings;
    `html` is its page, "" for a notice of text alone.

    Raises ValueError if one of the addresses is none.
    """
    headers = [
        header_encoding.mailbox("From", *split_mailbox(from_)),
        header_encoding.mailbox("To", "", notice.to),
    ]
    if reply_to:
        headers.append(header_encoding.mailbox("Reply-To", *split_mailbox(reply_to)))
    headers += [
        header_encoding.unstructured("Subject", notice.subject),
        header_encoding.plain("Date", format_datetime(date.astimezone(UTC))),
        header_encoding.plain("Message-ID", message_id),
        header_encoding.plain("Auto-Submitted", "auto-generated"),  # RFC 3834: no holiday reply, please
        header_encoding.plain("Content-Language", notice.language),
        header_encoding.plain("MIME-Version", "1.0"),
    ]
    text = _part(TEXT_TYPE, space_stuffed(_flowed(notice.text)))
    if not html:
        return b"".join((*headers, text))
    # Quoted-printable never holds "=_", so the boundary cannot stand in a part.
    boundary = f"=_notice_{hashlib.sha256(text).hexdigest()[:24]}"
    start = f"--{boundary}\r\n".encode()
    headers.append(header_encoding.listed("Content-Type", ["multipart/alternative", f'boundary="{boundary}"'], ";"))
    rich = _part(HTML_TYPE, html)
    return b"".join((*headers, b"\r\n", start, text, start, rich, f"--{boundary}--\r\n".encode()))


def _flowed(text: str) -> str:
    """The text with its long lines in shorter ones, which programs may fill anew."""
    return tidy("\n".join(_wrapped(line) for line in text.splitlines()))


def _wrapped(line: str) -> str:
    words = line.lstrip(" ")
    return wrap(words, first=line[: -len(words)] if words else "") if len(line) > COLUMNS else line


def _part(kind: str, text: str) -> bytes:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + binascii.b2a_qp(text.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
