"""Serving the desk: on loopback without a password, beyond loopback only with one."""

from __future__ import annotations

import gc
import ipaddress
from collections.abc import Callable, Iterable
from pathlib import Path

from digest.errors import SettingsError
from digest.steps.context import Context
from digest.web.desk.app import create_app
from digest.web.web_server import WebServer, listen
from digest.week import Week

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared with
SECONDS_TO_STOP = 10


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class DeskServer(WebServer):
    """The desk on a socket of its own, which listens as soon as the object exists; `run` serves until `stop`.

    Port 0 takes a free one. `hosts` are further names that it answers to. Raises SettingsError if it would be reached
    from beyond loopback without DIGEST_DESK_PASSWORD, and DigestError if the port is taken.
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
        send: Callable[[Context, Week], object] | None = None,
    ) -> None:
        password = context.settings.secrets.read("desk_password")
        if not is_loopback(host) and not password:
            raise SettingsError(
                f"The desk would be open to everybody who can reach {host}.",
                "Set DIGEST_DESK_PASSWORD or DIGEST_DESK_PASSWORD_FILE, or serve it on 127.0.0.1.",
            )
        listening = listen("desk", host, port)
        bound = int(listening.getsockname()[1])
        self.url = f"http://{'127.0.0.1' if is_loopback(host) or host in _ANYWHERE else host}:{bound}/"
        app = create_app(
            context,
            port=bound,
            mailbox_folder=mailbox,
            editor=editor,
            password=password,
            hosts={*hosts, *(() if host in _ANYWHERE else (host,))},
            send=send,
            closing=lambda: self.is_stopping,
        )
        super().__init__(listening, app, proxy_headers=False, timeout_graceful_shutdown=SECONDS_TO_STOP)


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    mailbox: Path | None = None,
    hosts: Iterable[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the desk until stopped. `ready` is called with its URL once it takes requests."""
    server = DeskServer(context, host=host, port=port, mailbox=mailbox, hosts=hosts)
    if ready is not None:
        ready(server.url)
    gc.freeze()  # what is loaded by now stays, and need not be looked through for garbage while an editor waits
    server.run()
