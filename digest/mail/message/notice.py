"""Short plain mails to one subscriber or editor. Pure: values in, bytes out."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.mail.message import header_encoding
from digest.mailbox_syntax import split_mailbox


@dataclass(frozen=True, slots=True)
class Notice:
    """A short mail to a subscriber or editor. Blank lines separate its paragraphs; URLs stand on lines of their own."""

    to: str
    subject: str
    text: str
    language: str = "en"
    return_token: str = ""  # by which a bounce of it is known; "" for none


def notice_bytes(notice: Notice, *, from_: str, reply_to: str | None, message_id: str, date: datetime) -> bytes:
    """The message, CRLF line ends. `message_id` with its angle brackets; `from_` and `reply_to` as in the settings.

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
        header_encoding.plain("Content-Type", "text/plain; charset=utf-8"),
        header_encoding.plain("Content-Transfer-Encoding", "quoted-printable"),
        b"\r\n",
    ]
    text = "\r\n".join(notice.text.splitlines()) + "\r\n"
    return b"".join(headers) + binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True)
