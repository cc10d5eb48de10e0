"""The parts of a returned mail, whatever gateways did to them. Pure, and bounded: the mails are strangers'."""

from __future__ import annotations

import base64
import binascii
import email
import html
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from email.errors import HeaderParseError, MissingHeaderBodySeparatorDefect
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser
from itertools import islice

MOST_READ = 250_000  # bytes of a mail; what reports say stands before the mail that they quote
_MOST_LINES = 10_000
_DEEPEST = 20  # boundaries and messages in messages: the parser compares each line with all that are open
_NESTED = re.compile(rb"boundary|message/", re.IGNORECASE)
_LINE_END = re.compile(rb"\n|\r")
_MOST_OPENED = 3  # parts in base64 within parts in base64
_MOST_GROUPS = 200  # of fields in a report
_MOST_OF_FIELD = 4_000  # characters
_MOST_OF_TEXT = 20_000  # bytes of a part for people
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_TAG = re.compile(r"<(?:br|/p|/div|/tr|/td|/li|/h\d)\b[^<>]{0,500}>", re.IGNORECASE), re.compile(r"<[^<>]{1,2000}>")
_INVISIBLE = re.compile(r"<(?:style|script|title)\b[^<]*", re.IGNORECASE)


def bounded(raw: bytes) -> bytes:
    """The beginning of a mail, as far as it is read in little time."""
    raw = raw[:MOST_READ]
    for pattern, most in ((_LINE_END, _MOST_LINES), (_NESTED, _DEEPEST)):
        beyond = next(islice(pattern.finditer(raw), most, None), None)
        raw = raw[: beyond.start()] if beyond else raw
    return raw


def all_parts(message: Message, *, quoted: bool = True, opened: int = 0) -> Iterator[Message]:
    """The message and its parts. `quoted`: also those of messages in it.

    Messages in base64 or quoted-printable are opened: RFC 2046 section 5.2.1 forbids them, gateways write them.
    """
    yield message
    if is_encoded_message(message) and opened < _MOST_OPENED:
        if quoted:
            yield from list(all_parts(_opened(message), opened=opened + 1))[1:]
        return
    if quoted or message.get_content_maintype() == "multipart":
        for part in _within(message):
            yield from all_parts(part, quoted=quoted, opened=opened)


def _within(message: Message) -> list[Message]:
    """Its own parts. The standard library decodes the text of a message without parts, with whatever codec it names."""
    parts = message.get_payload() if message.is_multipart() else []
    return [part for part in parts if isinstance(part, Message)]


def is_encoded_message(part: Message) -> bool:
    encoding = header(part, "Content-Transfer-Encoding").strip().lower()
    return part.get_content_maintype() == "message" and encoding in ("base64", "quoted-printable")


def _opened(part: Message) -> Message:
    return email.message_from_bytes(bounded(b"Content-Type: message/rfc822\n\n" + content_of(part)))


def content_of(part: Message) -> bytes:
    """The decoded content of a part; of a message in it, the bytes as they came, without its encoding."""
    if not part.is_multipart():
        decoded = part.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else b""
    raw = b"\n".join(map(_as_written, _within(part)))
    encoding = header(part, "Content-Transfer-Encoding").strip().lower()
    if encoding == "base64":
        return _from_base64(raw)
    return quopri.decodestring(raw) if encoding == "quoted-printable" else raw


def _as_written(message: Message) -> bytes:
    fields = "".join(f"{name}: {value}\n" for name, value in message.raw_items())
    body = b""
    if not message.is_multipart():
        message = copy(message)
        del message["Content-Type"]  # some codecs that it may name raise, or take time in the square of the text
        message["Content-Type"] = "text/plain; charset=latin-1"
        body = str(message.get_payload()).encode("latin-1", "replace")
    # What is encoded has lines that are no fields: the parser takes all from there on for the body.
    whole = any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in message.defects)
    return f"{fields}{'' if whole else chr(10)}".encode("utf-8", "surrogateescape") + body + b"\n"


def _from_base64(raw: bytes) -> bytes:
    text = _NOT_BASE64.sub(b"", raw)
    text = text[: len(text) - (len(text) % 4 == 1)]  # a mail may be cut anywhere
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def field_groups(part: Message) -> list[dict[str, str]]:
    """The groups of fields in a report: the message's, then one for each recipient (RFC 3464 section 2.1).

    Names are in lower case. The parser makes a message of each group, or one of all, or leaves the text as it is.
    """
    return groups_in(content_of(part).decode("utf-8", "replace"))


def groups_in(text: str) -> list[dict[str, str]]:
    """The groups of fields in a text, which empty lines part."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    blocks = islice((block for block in re.split(r"\n[ \t]*\n+", text) if block.strip()), _MOST_GROUPS)
    return [
        {name.lower().strip(): str(value)[:_MOST_OF_FIELD] for name, value in HeaderParser().parsestr(block).items()}
        for block in blocks
    ]


def header(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def decoded_header(message: Message, name: str) -> str:
    """A header as people see it (RFC 2047), on one line."""
    return decoded_value(header(message, name))


def decoded_value(value: str) -> str:
    """The value of a header as people see it (RFC 2047), on one line; as it was written where it cannot be decoded."""
    text = value[:_MOST_OF_FIELD]
    with suppress(HeaderParseError, LookupError, UnicodeError, ValueError):
        text = str(make_header(decode_header(text)))
    return " ".join(without_surrogates(text).split())


def without_surrogates(text: str) -> str:
    """The text with "?" for halves of characters, which some codecs make and none can write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def text_of(message: Message) -> str:
    """What the mail says to people, without the messages in it."""
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in all_parts(message, quoted=False):
        kind = part.get_content_type()
        if kind in texts:
            texts[kind].append(content_of(part)[:_MOST_OF_TEXT].decode("utf-8", "replace"))
    return "\n".join(texts["text/plain"]) or _without_tags("\n".join(texts["text/html"]))


def _without_tags(text: str) -> str:
    text = _INVISIBLE.sub(" ", text[:_MOST_OF_TEXT])
    return html.unescape(_TAG[1].sub(" ", _TAG[0].sub("\n", text)))
