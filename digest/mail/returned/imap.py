"""A mailbox on an IMAP server (RFC 3501). Every failure is one error that says where it happened and what to do."""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from digest.domain_names import DomainNameError, to_ascii
from digest.errors import MailServerError, SettingsError

_SECONDS = 60.0
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_ENCODED = re.compile(r"[^\x20-\x25\x27-\x7e]+|&")
_REMEDY = "See [bounces] mailbox and DIGEST_IMAP_PASSWORD."
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox is: `imaps://name@host:993/FOLDER`, or `imap://…`, which begins TLS by STARTTLS."""

    host: str
    port: int
    tls_at_once: bool
    user: str
    folder: str

    def __str__(self) -> str:
        return f"{self.folder} of {self.user} on {self.host}:{self.port}"


def parse_place(url: str) -> Place:
    """Raises SettingsError, which never repeats a password."""
    parts = urlsplit(url)
    write = "Write imaps://name@host/INBOX."
    try:
        port = parts.port
    except ValueError:
        raise SettingsError("The port of the IMAP mailbox is not a number.", write) from None
    if parts.password is not None:
        raise SettingsError(
            "The URL of the IMAP mailbox contains a password.", f"{write} Put the password in DIGEST_IMAP_PASSWORD."
        )
    if not parts.hostname or not parts.username:
        raise SettingsError(f"{url} lacks a server or a user name.", write)
    tls = parts.scheme == "imaps"
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    return Place(_host(parts.hostname), port or (993 if tls else 143), tls, unquote(parts.username), folder)


def _host(name: str) -> str:
    try:
        return to_ascii(name)
    except DomainNameError as error:
        raise SettingsError(f"The server of the IMAP mailbox: {error}.", "Write imaps://name@host/INBOX.") from None


@contextmanager
def opened(place: Place, password: str, context: ssl.SSLContext) -> Iterator[ImapMailbox]:
    """The mailbox, open for reading and for marking; nothing else is changed in it. Raises MailServerError."""
    client = _asked(f"{place.host}:{place.port} cannot be reached", lambda: _connect(place, context))
    try:
        _asked(f"{place.host} rejects the log-in of {place.user}", lambda: _log_in(client, place.user, password))
        yield ImapMailbox(client, place)
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()  # without CLOSE, which would delete for good what others have marked as deleted


class ImapMailbox:
    """A selected folder."""

    def __init__(self, client: imaplib.IMAP4, place: Place) -> None:
        self._client, self._place = client, place
        name = encoded_name(place.folder).replace("\\", "\\\\").replace('"', '\\"')
        self._ask("opened", lambda: client.select(f'"{name}"'))

    def unseen(self) -> list[str]:
        """The numbers (UIDs) of the mails that nobody has read, the oldest first."""
        answer = self._ask("searched", lambda: self._client.uid("SEARCH", "UNSEEN UNDELETED"))
        return sorted((answer[0] or b"").decode("ascii").split(), key=int)

    def fetch(self, number: str, most: int) -> tuple[bytes, datetime | None] | None:
        """The first bytes of a mail and when it arrived; None where it is gone. The mail stays unread."""
        asked = f"(INTERNALDATE BODY.PEEK[]<0.{most}>)"
        answer = self._ask("read", lambda: self._client.uid("FETCH", number, asked))
        literal = next((part for part in answer if isinstance(part, tuple)), None)
        if literal is None:
            return None
        text = b" ".join(part[0] if isinstance(part, tuple) else part for part in answer)
        return literal[1][:most], _date(text)

    def mark_seen(self, number: str) -> None:
        self._ask("marked", lambda: self._client.uid("STORE", number, "+FLAGS.SILENT", "(\\Seen)"))

    def _ask(self, done: str, ask: Callable[[], tuple[str, Any]]) -> list[Any]:
        failing = f"The mailbox {self._place} cannot be {done}"
        status, answer = _asked(failing, ask)
        if status != "OK":
            raise MailServerError(f"{failing}: {_readable(answer)}.", _REMEDY)
        return list(answer)


def _connect(place: Place, context: ssl.SSLContext) -> imaplib.IMAP4:
    if place.tls_at_once:
        return imaplib.IMAP4_SSL(place.host, place.port, ssl_context=context, timeout=_SECONDS)
    client = imaplib.IMAP4(place.host, place.port, timeout=_SECONDS)
    try:
        client.starttls(context)
    except (imaplib.IMAP4.error, OSError):
        with suppress(OSError):
            client.shutdown()
        raise
    return client


def _log_in(client: imaplib.IMAP4, user: str, password: str) -> None:
    if "AUTH=PLAIN" in client.capabilities:  # LOGIN knows ASCII only
        client.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
    else:
        client.login(user, password)


def _asked(failing: str, ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
        text = [error.strerror or error] if isinstance(error, OSError) else error.args
        raise MailServerError(f"{failing}: {_readable(text)}.", _REMEDY) from error


def _readable(text: Any) -> str:
    """What a server or the machine said, without Python's marks around it."""
    parts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in text or () if one]
    text = " ".join(" ".join(parts).split())
    quoted = re.fullmatch(r"b(['\"])(.*)\1", text)
    return (quoted[2] if quoted else text).rstrip(".")[:300] or "no reason was given"


def _date(text: bytes) -> datetime | None:
    match = _DATE.search(text)
    try:
        return datetime.strptime(match[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z") if match else None
    except ValueError:
        return None


def encoded_name(folder: str) -> str:
    """A folder's name in IMAP's own UTF-7 (RFC 3501, section 5.1.3)."""

    def encode(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        packed = base64.b64encode(match[0].encode("utf-16-be")).decode("ascii")
        return f"&{packed.rstrip('=').replace('/', ',')}-"

    return _ENCODED.sub(encode, folder)
