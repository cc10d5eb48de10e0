"""Reading the mail that the mail catcher kept, for the mailbox pages. Needs no running catcher."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from digest.mail.rendering.flowed_text import decoded

_ID = re.compile(r"[0-9a-f]{16}")
_FIELD = re.compile(rb"[!-9;-~]{1,76}:")
_LONGEST_FIELD = 4_000
"""Bytes of one header: the parser takes time in the square of them."""
_LONGEST_HEAD = 100_000  # bytes, of which a list of mails reads the subject
_DEEPEST = 20
"""Parts in each other: the parser calls itself for each."""
_NESTED = re.compile(rb"boundary\s{0,9}=|content-type:\s{0,9}message/", re.IGNORECASE)


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
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(_bounded(content))
        return OpenedMail(
            mail,
            tuple((name, _header(name, value)) for name, value in message.raw_items()),
            _body(message, "html"),
            _body(message, "plain"),
        )

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
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(_bounded(content), headersonly=True)
        subject = next((value for name, value in message.raw_items() if name.lower() == "subject"), "")
        return CaughtMail(
            identity,
            str(envelope["from"]),
            tuple(envelope["to"]),
            _header("Subject", subject),
            datetime.fromtimestamp(envelope["at"], UTC),
            size,
        )


def _bounded(content: bytes) -> bytes:
    """The same mail with headers of bounded length; it ends where its parts lie too deep in each other."""
    lines: list[bytes] = []
    room, nested, in_field = 0, 0, False
    for line in content.splitlines(keepends=True):
        if _FIELD.match(line):
            room, in_field = _LONGEST_FIELD, True
        elif line[:1] not in (b" ", b"\t"):
            in_field = False
        if in_field:
            room -= len(line)
            if room < 0:
                line = b"" if line[:1] in (b" ", b"\t") else line[:_LONGEST_FIELD] + b"\n"
            nested += len(_NESTED.findall(line))
            if nested > _DEEPEST:
                break
        lines.append(line)
    return b"".join(lines)


def _header(name: str, value: str) -> str:
    """A header as people read it; as it was sent where it cannot be decoded."""
    try:
        return str(policy.default.header_fetch_parse(name, value))
    except Exception:  # noqa: BLE001 - the standard library's parser raises many things on malformed headers
        return " ".join(str(value).split())


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
    except Exception:  # noqa: BLE001 - as above
        return ""
    if part is None:
        return ""
    try:
        text = str(part.get_content())
        return decoded(text) if part.get_param("format") == "flowed" else text
    except Exception:  # noqa: BLE001 - as above; an unknown charset: show what can be read
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
