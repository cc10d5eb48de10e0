"""Reading the mail that the mail catcher kept, for the mailbox pages. Needs no running catcher."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice
from pathlib import Path

from digest.mail.rendering.flowed_text import decoded
from digest.mail.returned.mail_parts import all_parts, content_of, decoded_value, without_surrogates

_ID = re.compile(r"[0-9a-f]{16}")
_FIELD = re.compile(rb"[!-9;-~]{1,76}:")
_LONGEST_FIELD = 4_000
"""Bytes of one header: the parser takes time in the square of them."""
_MOST_FIELDS, _MOST_PARTS, _MOST_SHOWN = 1_000, 1_000, 100  # headers, parts, and headers of the mail that are shown
_LONGEST_HEAD = 100_000  # bytes, of which a list of mails reads the subject
_DEEPEST = 20
"""Parts in each other: the parser calls itself for each."""
_NESTED = re.compile(rb"boundary|message/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A mail as the mailbox lists it."""

    id: str
    sender: str  # of the envelope
    recipients: tuple[str, ...]  # of the envelope
    subject: str
    at: datetime  # when it arrived, in UTC
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A mail with its headers and body."""

    mail: CaughtMail
    headers: tuple[tuple[str, str], ...]
    html: str  # "" if it has no HTML part
    text: str  # "" if it has no text part


class CaughtMailbox:
    """The mails in a catcher's folder; an absent folder is an empty mailbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether a mail catcher has ever used the folder."""
        return self.folder.is_dir()

    def count(self) -> int:
        return sum(1 for _ in self.folder.glob("*.json"))

    def messages(self, limit: int | None = None, *, after: int = 0) -> list[CaughtMail]:
        """List the newest mails first; `after` skips that many."""
        newest = sorted((path.stem for path in self.folder.glob("*.json")), reverse=True)
        page = newest[after : None if limit is None else after + limit]
        return [mail for mail in map(self._listed, page) if mail is not None]

    def read(self, identity: str) -> bytes | None:
        """Return the exact bytes of a mail; None if there is none of that id."""
        if not _ID.fullmatch(identity):
            return None
        try:
            return (self.folder / f"{identity}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def open(self, identity: str) -> OpenedMail | None:
        content, mail = self.read(identity), self._listed(identity)
        if content is None or mail is None:
            return None
        # Without the newer policies: what these read headers with takes time in the square of a header.
        message = message_from_bytes(_bounded(content))
        return OpenedMail(mail, tuple(_headers(message)), _body(message, "text/html"), _body(message, "text/plain"))

    def _listed(self, identity: str) -> CaughtMail | None:
        """Return None if the mail was removed after it was listed, or the id is malformed."""
        if not _ID.fullmatch(identity):
            return None
        try:
            envelope = json.loads((self.folder / f"{identity}.json").read_bytes())
            with (self.folder / f"{identity}.eml").open("rb") as file:
                content = file.read(_LONGEST_HEAD)
                size = file.seek(0, 2)
        except FileNotFoundError:
            return None
        headers = _headers(BytesHeaderParser().parsebytes(_bounded(content)))
        return CaughtMail(
            identity,
            str(envelope["from"]),
            tuple(envelope["to"]),
            next((value for name, value in headers if name.lower() == "subject"), ""),
            datetime.fromtimestamp(envelope["at"], UTC),
            size,
        )


def _bounded(content: bytes) -> bytes:
    """The same mail with headers bounded in length and number; it ends where its parts are too many or too deep."""
    lines: list[bytes] = []
    room, nested, parts, fields = 0, 0, 0, 0
    in_head, in_field = True, False
    for line in content.splitlines(keepends=True):
        if nested and line.startswith(b"--"):
            in_head, parts = True, parts + 1
        elif not line.strip():
            in_head = False
        if _FIELD.match(line):
            fields += in_head
            room, in_field = _LONGEST_FIELD if fields <= _MOST_FIELDS or not in_head else 0, True
        elif line[:1] not in (b" ", b"\t"):
            in_field = False
        if in_field:
            if len(line) > room:
                line = line[:room] + b"\n" if room else b""
            room = max(0, room - len(line))
            nested += len(_NESTED.findall(line))
        if nested > _DEEPEST or parts > _MOST_PARTS:
            break
        lines.append(line)
    return b"".join(lines)


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    """The names and values, as people read them."""
    for name, value in islice(message.raw_items(), _MOST_SHOWN):
        yield name, decoded_value(_readable(str(value).encode("utf-8", "surrogateescape"), "utf-8"))


def _body(message: Message, kind: str) -> str:
    """The text of the first part of this kind that is not attached; "" if there is none."""
    for part in all_parts(message, quoted=False):
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            text = _readable(content_of(part), _charset(part))
            return decoded(text) if part.get_param("format") == "flowed" else text
    return ""


def _charset(part: Message) -> str:
    """Python's name of the charset of a part; UTF-8 where it has none that is known."""
    with suppress(LookupError, ValueError):
        name = codecs.lookup(part.get_content_charset("utf-8")).name
        if name != "punycode":  # takes time in the square of the text, and is for names in the DNS
            return name
    return "utf-8"


def _readable(content: bytes, charset: str) -> str:
    try:
        return without_surrogates(content.decode(charset, "replace"))
    except (LookupError, ValueError):  # no charset, or one that knows no replacement
        return content.decode("utf-8", "replace")
