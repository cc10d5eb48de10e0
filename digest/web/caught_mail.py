"""Reads what the mail catcher kept, for the mailbox pages. Needs no running catcher."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One message as the mailbox lists it."""

    id: str
    sender: str  # of the envelope
    recipients: tuple[str, ...]  # of the envelope
    subject: str
    at: datetime  # when it arrived, in UTC
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """One message, opened."""

    caught: CaughtMail
    headers: tuple[tuple[str, str], ...]
    html: str  # "" where it has no HTML part
    text: str  # "" where it has no text part


class CaughtMailbox:
    """The messages in a catcher's folder; an absent folder is an empty mailbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether a catcher has ever kept its mail here."""
        return self.folder.is_dir()

    def count(self) -> int:
        return sum(1 for _ in self.folder.glob("*.json"))

    def messages(self, limit: int | None = None, *, after: int = 0) -> list[CaughtMail]:
        """Newest first; `after` skips that many of the newest."""
        newest = sorted((path.stem for path in self.folder.glob("*.json")), reverse=True)
        chosen = newest[after : None if limit is None else after + limit]
        return list(_present(self._caught(identity) for identity in chosen))

    def read(self, identity: str) -> bytes | None:
        """The exact bytes of a message, or None where there is none of that id."""
        if not _ID.fullmatch(identity):
            return None
        try:
            return (self.folder / f"{identity}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def open(self, identity: str) -> OpenedMail | None:
        content, caught = self.read(identity), self._caught(identity)
        if content is None or caught is None:
            return None
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        return OpenedMail(
            caught,
            tuple((name, str(value)) for name, value in message.items()),
            _body(message, "html"),
            _body(message, "plain"),
        )

    def _caught(self, identity: str) -> CaughtMail | None:
        """None where the message was removed between listing and reading it, or the id is not one."""
        if not _ID.fullmatch(identity):
            return None
        try:
            envelope = json.loads((self.folder / f"{identity}.json").read_bytes())
            with (self.folder / f"{identity}.eml").open("rb") as file:
                message = BytesParser(EmailMessage, policy=policy.default).parse(file, headersonly=True)
                size = file.seek(0, 2)
        except FileNotFoundError:
            return None
        return CaughtMail(
            identity,
            str(envelope["from"]),
            tuple(envelope["to"]),
            str(message.get("Subject", "")),
            datetime.fromtimestamp(envelope["at"], UTC),
            size,
        )


def _present(found: Iterator[CaughtMail | None]) -> Iterator[CaughtMail]:
    return (caught for caught in found if caught is not None)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # an unknown charset: shown as well as can be
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
