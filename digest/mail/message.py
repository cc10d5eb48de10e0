"""A rendered edition and a reader in; the bytes of one message out.

    Rendered -mould-> Mould -fill(addressing)-> bytes        once per audience; then only the reader's lines, per reader
    Rendered -personal-> Rendered -full_message-> bytes      the plain way; a test holds both to the same bytes

The message is multipart/alternative (text first), quoted-printable, ASCII but for addresses that are not, CRLF. Only
lines that hold a slot are encoded per reader; all others are ready bytes.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr

from digest.mail import headers
from digest.mail.dots import Wire, dots_stuffed
from digest.mail.escape import SLOT_CLOSE, SLOT_OPEN, clean, escape
from digest.mail.look import Look
from digest.model import Rendered

_SLOT = re.compile(f"{SLOT_OPEN}([a-z]+){SLOT_CLOSE}")
_NAME_LENGTH = 100
HEADER_PIECES = 2  # the reader's own header lines, and the shared ones


@dataclass(frozen=True, slots=True)
class Addressing:
    """What of a message is one reader's own. Addresses of pages are "" where there are no public pages."""

    email: str
    name: str
    message_id: str  # "<…@example.org>"
    unsubscribe_url: str  # https; with it goes the one-click header
    unsubscribe_mailto: str  # "mailto:…"
    preferences_url: str = ""


class MessageIds:
    """Message-IDs: the same for the same edition and reader, and nobody without the secret can tell whose one is."""

    def __init__(self, secret: bytes, week: str, domain: str) -> None:
        """Raises ValueError when `domain` is none."""
        self._secret = secret
        self._what = f"message-id\0{week}\0"
        self._start = f"<{re.sub(r'[^a-z0-9]+', '.', week.lower()).strip('.')}."
        self._end = f"@{headers.wire_address(f'x@{domain}').partition('@')[2]}>"

    def __call__(self, subscriber: int) -> str:
        """The Message-ID of the edition for one reader, with its angle brackets."""
        seal = hmac.digest(self._secret, f"{self._what}{subscriber}".encode(), "sha256").hex()
        return f"{self._start}{seal[:32]}{self._end}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a part that holds slots."""

    form: str  # for `%` and the values by slot
    html: bool


@dataclass(frozen=True, slots=True)
class Mould:
    """A message but for the reader's own parts. Safe to use from several threads."""

    head: bytes  # the header lines that all readers share, before To and after
    parts: tuple[bytes | _Line, ...]
    stuffed: tuple[bytes, ...]  # the ready parts with their dots stuffed; b"" in the place of a line

    def fill(self, addressing: Addressing) -> bytes:
        """The message to one reader. Raises ValueError when the address is none."""
        return b"".join(self.pieces(addressing))

    def wired(self, addressing: Addressing) -> Wire:
        """The same, as SMTP sends it."""
        return self.joined(self.pieces(addressing))

    def pieces(self, addressing: Addressing) -> list[bytes]:
        """The same in pieces: the reader's own headers, the shared ones, then the parts, each of whole lines."""
        text = _values(addressing)
        html = {slot: str(escape(value)) for slot, value in text.items()}
        chunks = [_reader_headers(addressing), self.head]
        for part in self.parts:
            if isinstance(part, bytes):
                chunks.append(part)
            else:
                chunks.append(_quoted_printable((part.form % (html if part.html else text)).encode()))
        return chunks

    def joined(self, pieces: list[bytes], *, first: bytes = b"") -> Wire:
        """The pieces as one message, with `first` (header lines) before it. Header lines begin with no dot."""
        heads = (first, *pieces[:HEADER_PIECES])
        parts = zip(self.stuffed, pieces[HEADER_PIECES:], strict=True)
        dotted = [ready or dots_stuffed(piece) for ready, piece in parts]
        # The body is quoted-printable, so that only headers can go beyond ASCII.
        eight_bit = not all(head.isascii() for head in heads)
        return Wire(b"".join((*heads, *dotted, b".\r\n")), len(first) + sum(map(len, pieces)), eight_bit)


def mould(rendered: Rendered, look: Look, *, week: str, date: datetime) -> Mould:
    """Prepare all that readers share. `date` (aware) is the Date of every message, so that a retry is the same mail."""
    boundary = _boundary(rendered)
    parts: list[bytes | _Line] = [b"\r\n" + _part_head(boundary, "text/plain")]
    parts += _lines(rendered.text, html=False)
    parts.append(_part_head(boundary, "text/html"))
    parts += _lines(rendered.html, html=True)
    parts.append(f"--{boundary}--\r\n".encode())
    ready = tuple(_joined(parts))
    stuffed = tuple(dots_stuffed(part) if isinstance(part, bytes) else b"" for part in ready)
    return Mould(_shared_headers(rendered, look, week, date, boundary), ready, stuffed)


def personal(rendered: Rendered, addressing: Addressing) -> Rendered:
    """The edition as one reader gets it: every slot filled in."""
    text = _values(addressing)
    html = {slot: str(escape(value)) for slot, value in text.items()}
    return replace(
        rendered,
        html=_SLOT.sub(lambda found: html[found[1]], rendered.html),
        text=_SLOT.sub(lambda found: text[found[1]], rendered.text),
        mjml=_SLOT.sub(lambda found: html[found[1]], rendered.mjml),
    )


def full_message(rendered: Rendered, look: Look, addressing: Addressing, *, week: str, date: datetime) -> bytes:
    """The message to one reader, made the plain way: fill in all slots, then encode all of it."""
    mine = personal(rendered, addressing)
    boundary = _boundary(rendered)
    return b"".join(
        (
            _reader_headers(addressing),
            _shared_headers(rendered, look, week, date, boundary),
            b"\r\n",
            _part_head(boundary, "text/plain"),
            _quoted_printable(_ended(mine.text).encode()),
            _part_head(boundary, "text/html"),
            _quoted_printable(_ended(mine.html).encode()),
            f"--{boundary}--\r\n".encode(),
        )
    )


def _values(addressing: Addressing) -> dict[str, str]:
    name = clean(addressing.name)[:_NAME_LENGTH].strip()
    return {
        "name": f" {name}" if name else "",
        "email": clean(addressing.email),
        "unsubscribe": addressing.unsubscribe_url or addressing.unsubscribe_mailto,
        "preferences": addressing.preferences_url,
    }


def _reader_headers(addressing: Addressing) -> bytes:
    # RFC 8058 knows https only; a plain http address, as in a rehearsal, stands in the letter and not in its headers.
    https = addressing.unsubscribe_url if addressing.unsubscribe_url.startswith("https://") else ""
    ways = [f"<{way}>" for way in (https, addressing.unsubscribe_mailto) if way]
    one_click = headers.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return b"".join(
        (
            headers.plain("Message-ID", addressing.message_id),
            headers.mailbox("To", clean(addressing.name)[:_NAME_LENGTH], addressing.email),
            headers.listed("List-Unsubscribe", ways) if ways else b"",
            one_click if https else b"",
        )
    )


def _shared_headers(rendered: Rendered, look: Look, week: str, date: datetime, boundary: str) -> bytes:
    name, address = parseaddr(look.from_)
    list_id = _list_id(address)
    help_address = headers.wire_address(parseaddr(look.reply_to)[1] or address)
    lines = [
        headers.plain("Date", format_datetime(date.astimezone(UTC).replace(microsecond=0))),
        headers.mailbox("From", name or look.title, address),
    ]
    if look.reply_to:
        lines.append(headers.mailbox("Reply-To", *parseaddr(look.reply_to)))
    lines += [
        headers.unstructured("Subject", rendered.subject),
        headers.mailbox_id("List-Id", look.title, list_id),
        headers.plain("List-Help", f"<mailto:{help_address}?subject=help>"),
    ]
    if look.archive_url:
        lines.append(headers.plain("List-Archive", f"<{look.archive_url}>"))
    lines += [
        headers.plain("List-Post", "NO"),
        headers.plain("Feedback-ID", f"{week.lower()}:edition:digest:{list_id.replace('.', '-')}"),
        headers.plain("Auto-Submitted", "auto-generated"),
        headers.plain("Precedence", "bulk"),
        headers.plain("MIME-Version", "1.0"),
        headers.listed("Content-Type", ["multipart/alternative", f'boundary="{boundary}"'], ";"),
    ]
    return b"".join(lines)


def _list_id(address: str) -> str:
    """RFC 2919: `digest@example.org` names the list `digest.example.org`."""
    local, _, domain = headers.wire_address(address).rpartition("@")
    word = re.sub(r"[^A-Za-z0-9-]+", "-", local).strip("-") or "digest"
    return f"{word}.{domain}".lower()


def _boundary(rendered: Rendered) -> str:
    """Quoted-printable never holds "=_", so the boundary cannot stand in a part."""
    seal = hashlib.sha256(rendered.text.encode() + b"\0" + rendered.html.encode()).hexdigest()
    return f"=_digest_{seal[:24]}"


def _part_head(boundary: str, kind: str) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def _lines(text: str, *, html: bool) -> Iterable[bytes | _Line]:
    ready: list[str] = []
    for line in _ended(text).split("\n")[:-1]:
        line += "\n"  # not splitlines(): it would also break at U+2028 and its like
        if not _SLOT.search(line):
            ready.append(line)
            continue
        if ready:
            yield _quoted_printable("".join(ready).encode())
            ready = []
        yield _Line(_SLOT.sub(r"%(\1)s", line.replace("%", "%%")), html)
    if ready:
        yield _quoted_printable("".join(ready).encode())


def _ended(text: str) -> str:
    """One kind of line end, and one at the end: each line can then be encoded by itself."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def _joined(parts: Iterable[bytes | _Line]) -> Iterable[bytes | _Line]:
    """Neighbouring ready bytes as one piece."""
    ready = b""
    for part in parts:
        if isinstance(part, bytes):
            ready += part
            continue
        if ready:
            yield ready
            ready = b""
        yield part
    if ready:
        yield ready


def _quoted_printable(text: bytes) -> bytes:
    """Whole lines, encoded, with CRLF."""
    return binascii.b2a_qp(text.replace(b"\n", b"\r\n"), istext=True)
