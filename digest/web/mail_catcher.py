"""The embedded mail catcher: an SMTP server on loopback that keeps all mail and delivers none.

Each message is two files in the mailbox folder: `ID.eml`, the bytes exactly as they came, and `ID.json`, its envelope.
Only the newest are kept, so that a rehearsal with many subscribers does not fill the disk.
"""

from __future__ import annotations

import json
import socket
from asyncio import AbstractServer
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.clock import Clock, system_clock
from digest.errors import MailServerError
from digest.private_files import open_private, private_folder

HOST = "127.0.0.1"


class MailCatcher:
    """Listens on a free port of loopback (or `port`) and keeps at most `keep` messages in `folder`.

    `start` raises MailServerError if the port is taken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        keep: int = 2_000,
        max_bytes: int = 10_000_000,
        clock: Clock = system_clock,
    ) -> None:
        private_folder(folder)
        self.folder = folder
        self._controller = _LoopbackController(
            _MailWriter(folder, keep, clock),
            hostname=HOST,
            port=port,
            server_hostname="catcher.localhost",  # else every connection asks the resolver for this machine's name
            data_size_limit=max_bytes,
            enable_SMTPUTF8=True,
        )

    @property
    def port(self) -> int:
        return self._controller.bound_port

    def start(self) -> Self:
        try:
            self._controller.start()
        except OSError as error:
            raise MailServerError(
                f"The mail catcher cannot listen on {HOST}:{self._controller.port}: {error}.",
                "Another program uses this port. Choose another one.",
            ) from error
        return self

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


class _LoopbackController(Controller):
    """Listens on a socket that is bound before the server's thread starts.

    aiosmtpd's own (1.4.6) connects to the port that was asked for. With port 0 it listens elsewhere, and if the port is
    taken it fails only after five seconds.
    """

    _socket: socket.socket | None = None

    @property
    def bound_port(self) -> int:
        return int(self._socket.getsockname()[1]) if self._socket else self.port

    def start(self) -> None:
        self._socket = socket.create_server((self.hostname, self.port))
        super().start()

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        assert self._socket is not None  # start() has bound it
        return self.loop.create_server(self._factory_invoker, sock=self._socket)

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.bound_port), 5.0) as connection:
            connection.recv(1024)


class _MailWriter:
    """aiosmtpd's handler: writes each message to the folder before acknowledging it."""

    def __init__(self, folder: Path, keep: int, clock: Clock) -> None:
        self._folder, self._keep, self._clock = folder, keep, clock
        self._ids = sorted(path.stem for path in folder.glob("*.json"))
        self._last = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        content: Any = envelope.content
        # Ids sort by arrival. Two messages in one tick of the clock must not share one.
        self._last = max(self._last + 1, int(self._clock().timestamp() * 1e9))
        identity = f"{self._last:016x}"
        self._write(f"{identity}.eml", content)
        about = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "at": self._last / 1e9}
        self._write(f"{identity}.json", json.dumps(about).encode())
        self._ids.append(identity)
        while len(self._ids) > self._keep:
            oldest = self._ids.pop(0)
            for suffix in (".json", ".eml"):
                (self._folder / f"{oldest}{suffix}").unlink(missing_ok=True)
        return f"250 2.0.0 Ok: kept as {identity}"

    def _write(self, name: str, content: bytes) -> None:
        """Write the whole file or nothing: the mailbox never shows half a message."""
        temporary = self._folder / f".{name}.part"
        with open_private(temporary) as file:
            file.write(content)
        temporary.replace(self._folder / name)
