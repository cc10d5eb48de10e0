"""The socket of a web server of ours."""

from __future__ import annotations

import socket

from digest.errors import DigestError


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
