"""Where returned mail lies: a Maildir, or a mailbox behind IMAP. Gives what is unread, marks what was dealt with."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from digest.errors import MailServerError, SettingsError
from digest.mail.returned.imap import ImapMailbox, opened, parse_place

MOST_BYTES = 2_000_000  # of one mail; the rest of a larger one is not looked at


class Returned(Protocol):
    """One unread mail."""

    @property
    def raw(self) -> bytes: ...

    @property
    def arrived(self) -> datetime | None: ...

    def done(self) -> None:
        """Mark it as dealt with: it is not given again."""
        ...


class _Mail:
    def __init__(self, raw: bytes, arrived: datetime | None, done: Callable[[], None]) -> None:
        self.raw = raw
        self.arrived = arrived
        self.done = done


@contextmanager
def unread(place: str, *, password: str = "", context: ssl.SSLContext | None = None) -> Iterator[Iterator[Returned]]:
    """The unread mails at a Maildir's path or `imaps://name@host/FOLDER` (`imap://` begins TLS by STARTTLS).

    Raises SettingsError for a place that is neither, MailServerError when the server or folder cannot be reached, or
    fails while its mails are read or marked.
    """
    if place.startswith(("imap://", "imaps://")):
        with opened(parse_place(place), password, context or ssl.create_default_context()) as box:
            yield _imap(box)
        return
    folder = Path(place)
    if not all((folder / name).is_dir() for name in ("cur", "new", "tmp")):
        raise SettingsError(
            f"{place} is not a Maildir: it does not have the folders cur, new and tmp.",
            "Set [bounces] mailbox to a Maildir's path or to imaps://name@host/INBOX.",
        )
    yield _maildir(folder)


def _maildir(folder: Path) -> Iterator[Returned]:
    """Not by the standard library's `mailbox`, which reads each mail whole, and writes it anew to change its name."""
    names = [path for part in ("new", "cur") for path in (folder / part).iterdir() if path.name[0] != "."]
    for path in sorted(names, key=lambda path: path.name):
        unique, _, info = path.name.partition(":")
        flags = info.removeprefix("2,")
        if "S" in flags or "T" in flags:  # seen, or thrown away
            continue
        try:
            with path.open("rb") as file:
                raw, arrived = file.read(MOST_BYTES), datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        except FileNotFoundError:
            continue  # somebody else took it away meanwhile
        except OSError as error:
            raise _failed("read", path, error) from error

        def done(path: Path = path, name: str = f"{unique}:2,{''.join(sorted({*flags, 'S'}))}") -> None:
            try:
                path.rename(folder / "cur" / name)
            except FileNotFoundError:
                pass
            except OSError as error:
                raise _failed("marked", path, error) from error

        yield _Mail(raw, arrived, done)


def _failed(done: str, path: Path, error: OSError) -> MailServerError:
    return MailServerError(
        f"{path} cannot be {done}: {error.strerror or error}.",
        "Make the Maildir readable and writable for the user that runs digest.",
    )


def _imap(box: ImapMailbox) -> Iterator[Returned]:
    for number in box.unseen():
        mail = box.fetch(number, MOST_BYTES)
        if mail is not None:  # else somebody else has removed it meanwhile

            def done(number: str = number) -> None:
                box.mark_seen(number)

            yield _Mail(*mail, done)
