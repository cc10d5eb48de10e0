"""Where returned mail lies: a Maildir, or a mailbox behind IMAP. Gives what is unread, marks what was dealt with."""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from digest.errors import MailServerError, SettingsError

MOST_BYTES = 2_000_000  # of one mail; the rest of a larger one is not looked at


class Returned(Protocol):
    """One unread mail."""

    @property
    def raw(self) -> bytes: ...

    def done(self) -> None:
        """Mark it as dealt with: it is not given again."""
        ...


class _Mail:
    def __init__(self, raw: bytes, done: Callable[[], None]) -> None:
        self.raw = raw
        self.done = done


@contextmanager
def unread(place: str, *, password: str = "", context: ssl.SSLContext | None = None) -> Iterator[Iterator[Returned]]:
    """The unread mails at a Maildir's path or `imaps://name@host/FOLDER` (`imap://` begins TLS by STARTTLS).

    Raises SettingsError for a place that is neither, MailServerError when the IMAP server cannot be reached.
    """
    if place.startswith(("imap://", "imaps://")):
        with _imap(place, password, context or ssl.create_default_context()) as mails:
            yield mails
        return
    folder = Path(place)
    if not all((folder / name).is_dir() for name in ("cur", "new", "tmp")):
        raise SettingsError(
            f"{place} is no Maildir: it has no folders cur, new and tmp.",
            "[bounces] mailbox is a Maildir's path or imaps://name@host/INBOX.",
        )
    yield _maildir(folder)


def _maildir(folder: Path) -> Iterator[Returned]:
    box = mailbox.Maildir(folder, create=False)
    for key in sorted(box.keys()):
        try:
            message = box.get_message(key)
            with box.get_file(key) as file:
                raw = file.read(MOST_BYTES)
        except (KeyError, FileNotFoundError):
            continue  # somebody else took it away meanwhile
        if "S" in message.get_flags():
            continue

        def done(key: str = key, message: mailbox.MaildirMessage = message) -> None:
            message.set_subdir("cur")
            message.add_flag("S")
            with suppress(KeyError, FileNotFoundError):
                box[key] = message

        yield _Mail(raw, done)


@contextmanager
def _imap(place: str, password: str, context: ssl.SSLContext) -> Iterator[Iterator[Returned]]:
    parts = urlsplit(place)
    if not parts.hostname or not parts.username:
        raise SettingsError(f"{place} names no server or no user.", "Write imaps://name@host/INBOX.")
    try:
        if parts.scheme == "imaps":
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                parts.hostname, parts.port or 993, ssl_context=context, timeout=60
            )
        else:
            client = imaplib.IMAP4(parts.hostname, parts.port or 143, timeout=60)
            client.starttls(context)
        try:
            client.login(unquote(parts.username), password)
            folder = unquote(parts.path.lstrip("/")) or "INBOX"
            status, answer = client.select('"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"')
            if status != "OK":
                raise MailServerError(f"{parts.hostname} has no mailbox {folder!r}: {answer!r}.", "See [bounces].")
            yield _imap_mails(client)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailServerError(
            f"The mailbox {place} cannot be read: {error}.", "See [bounces] mailbox and DIGEST_IMAP_PASSWORD."
        ) from error


def _imap_mails(client: imaplib.IMAP4) -> Iterator[Returned]:
    _, found = client.uid("SEARCH", "UNSEEN")
    for uid in (found[0] or b"").split():
        number = uid.decode("ascii")
        _, answer = client.uid("FETCH", number, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
        if raw is None:
            continue

        def done(number: str = number) -> None:
            client.uid("STORE", number, "+FLAGS", "(\\Seen)")

        yield _Mail(raw, done)
