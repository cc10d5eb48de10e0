"""Serving the desk: on loopback with a one-time token, beyond it only to people who prove who they are."""

from __future__ import annotations

import gc
import ipaddress
from collections.abc import Callable, Iterable
from pathlib import Path

from digest.steps.context import Context
from digest.web.desk.app import create_app
from digest.web.desk.who.who import Who, check_settings
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
    from beyond loopback by people who prove nothing, or by nobody, and DigestError if the port is taken.
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
        check_settings(context.settings, beyond_loopback="" if is_loopback(host) else host)
        listening = listen("desk", host, port)
        bound = int(listening.getsockname()[1])
        self.url = f"http://{'127.0.0.1' if is_loopback(host) or host in _ANYWHERE else host}:{bound}/"
        app = create_app(
            context,
            port=bound,
            mailbox_folder=mailbox,
            editor=editor,
            hosts={*hosts, *(() if host in _ANYWHERE else (host,))},
            send=send,
            closing=lambda: self.is_stopping,
            prepares=True,
        )
        self._who: Who = app.state.desk.who
        super().__init__(listening, app, proxy_headers=False, timeout_graceful_shutdown=SECONDS_TO_STOP)

    def entrance(self, path: str = "/") -> str:
        """Return the URL that opens a page of the desk: once, where a token is what lets people in."""
        url = self.url + path.removeprefix("/")
        if self._who.way != "token":
            return url
        return f"{url}{'&' if '?' in path else '?'}token={self._who.tokens.new()}"

    def announce_with(self, announce: Callable[[str], None]) -> None:
        """Have each new address told, when the one before it has been used."""
        self._who.announce = lambda token: announce(f"{self.url}?token={token}")


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    mailbox: Path | None = None,
    hosts: Iterable[str] = (),
    page: str = "/",
    ready: Callable[[str], None] | None = None,
    renewed: Callable[[str], None] | None = None,
) -> None:
    """Serve the desk until stopped. `ready` is called with the URL of `page` once the desk takes requests.

    `renewed` is called with each URL for the next browser, after one was used.
    """
    server = DeskServer(context, host=host, port=port, mailbox=mailbox, hosts=hosts)
    if renewed is not None:
        server.announce_with(renewed)
    if ready is not None:
        ready(server.entrance(page))
    gc.freeze()  # what is loaded by now stays, and need not be looked through for garbage while an editor waits
    server.run()
