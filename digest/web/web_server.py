"""The web servers of ours: a socket that listens, and what answers on it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class WebServer:
    """An application behind a socket that listens; `run` answers until `stop`. `how` is said to uvicorn."""

    def __init__(self, listening: socket.socket, app: ASGIApp, **how: Any) -> None:
        import uvicorn

        self._socket = listening
        # What it would log of each request does not belong in a log: addresses and tokens of subscribers.
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, **how)
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Answer until `stop`, SIGINT or SIGTERM; what was begun is finished first."""
        with self._socket:
            self._server.run([self._socket])

    def stop(self) -> None:
        self._server.should_exit = True


def listen(what: str, host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. `what` is for people ("desk"). Raises DigestError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise DigestError(
            f"The {what} cannot listen on {host}:{port}: {error.strerror or error}.",
            "Choose another one with --port.",
        ) from error
