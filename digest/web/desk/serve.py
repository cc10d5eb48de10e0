"""Serving the desk: on loopback as it is; beyond loopback only with a password."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import SettingsError
from digest.steps.context import Context
from digest.web.desk.app import create_app
from digest.web.listening import listen

if TYPE_CHECKING:
    import uvicorn

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared with
SECONDS_TO_STOP = 10


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class DeskServer:
    """The desk behind a socket of its own. It listens from the moment it is made; `run` answers until `stop`.

    Port 0 takes a free one. `hosts` are further names under which it may be asked for. Raises SettingsError where it
    would be reached from beyond loopback without DIGEST_DESK_PASSWORD, and DigestError where the port is taken.
    """

    def __init__(
        self,
        context: Context,
        *,
        host: str = "127.0.0.1",
        port: int = 8025,
        mailbox: Path | None = None,
        hosts: Iterable[str] = (),
        editor: str = "",
        send: Callable[[Context, str], object] | None = None,
    ) -> None:
        import uvicorn

        password = context.settings.secrets.read("desk_password")
        if not is_loopback(host) and not password:
            raise SettingsError(
                f"The desk would be open to whoever reaches {host}.",
                "Set DIGEST_DESK_PASSWORD (or DIGEST_DESK_PASSWORD_FILE), or serve it on 127.0.0.1.",
            )
        self._socket = listen("desk", host, port)
        bound = int(self._socket.getsockname()[1])
        self.address = f"http://{'127.0.0.1' if is_loopback(host) or host in _ANYWHERE else host}:{bound}/"
        app = create_app(
            context,
            port=bound,
            mailbox_folder=mailbox,
            editor=editor,
            password=password,
            hosts={*hosts, *(() if host in _ANYWHERE else (host,))},
            send=send,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SECONDS_TO_STOP,
        )
        self._server: uvicorn.Server = uvicorn.Server(config)

    def run(self) -> None:
        """Answer until `stop`, SIGINT or SIGTERM; what the desk had begun to send is finished first."""
        with self._socket:
            self._server.run([self._socket])

    def stop(self) -> None:
        self._server.should_exit = True


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    mailbox: Path | None = None,
    hosts: Iterable[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the desk until it is stopped. `ready` is called with its address, which takes requests by then."""
    server = DeskServer(context, host=host, port=port, mailbox=mailbox, hosts=hosts)
    if ready is not None:
        ready(server.address)
    server.run()
