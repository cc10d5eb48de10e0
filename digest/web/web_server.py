"""The web server under the desk and the public pages: uvicorn on a socket that listens before it starts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_ANSWERING = 200  # requests at a time; the next one gets 503


class WebServer:
    """Serves an application on a listening socket. `options` go to uvicorn.

    Connections that send no whole request are dropped after `wait_seconds`, and those whose response is not read to its
    end after `response_seconds`.
    """

    def __init__(
        self,
        listening: socket.socket,
        app: ASGIApp,
        *,
        wait_seconds: float = 10.0,
        response_seconds: float = 3600.0,
        **options: Any,
    ) -> None:
        import uvicorn

        from digest.web.connections import ConnectionLimits, limited_protocol  # late: it needs uvicorn

        limits = ConnectionLimits(wait_seconds, response_seconds)
        self._socket = listening
        # No access log: URLs hold tokens of subscribers. Errors go to our log (`digest.log`).
        config = uvicorn.Config(
            app,
            http=limited_protocol(limits),
            ws="none",
            limit_concurrency=limits.waiting + _ANSWERING,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            **options,
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until `stop`, SIGINT or SIGTERM; running requests are finished first."""
        with self._socket:
            self._server.run([self._socket])

    @property
    def is_stopping(self) -> bool:
        """Whether it has been asked to stop, by `stop` or by a signal. Responses that go on and on end then."""
        return bool(self._server.should_exit)

    def stop(self) -> None:
        self._server.should_exit = True


def listen(what: str, host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. `what` names the server in the error. Raises DigestError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise DigestError(
            f"The {what} cannot listen on {host}:{port}: {error.strerror or error}.",
            "Choose another port with --port.",
        ) from error
    # Accepted connections inherit it. asyncio sets it only on sockets of protocol IPPROTO_TCP, and create_server makes
    # one of protocol 0; without it each request on a connection that stays open waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
