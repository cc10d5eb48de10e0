"""Serving the desk: on loopback as it is; beyond loopback only with a password."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

from digest.errors import DigestError, SettingsError
from digest.steps.context import Context
from digest.web.desk.app import LOOPBACK, create_app


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    mailbox: Path | None = None,
    hosts: tuple[str, ...] = (),
    send: Callable[[Context, str], object] | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the desk until it is stopped. `ready` is called with its address once it listens; port 0 takes a free one.

    Raises SettingsError where it would be reached from beyond loopback without DIGEST_DESK_PASSWORD, and DigestError
    where the port is taken.
    """
    import uvicorn

    password = context.settings.secrets.read("desk_password")
    if not is_loopback(host) and not password:
        raise SettingsError(
            f"The desk would be open to whoever reaches {host}.",
            "Set DIGEST_DESK_PASSWORD (or DIGEST_DESK_PASSWORD_FILE), or serve it on 127.0.0.1.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise DigestError(
            f"The desk cannot listen on {host}:{port}: {error.strerror or error}.", "Choose another one with --port."
        ) from error
    bound = int(listening.getsockname()[1])
    names = {*hosts, *(() if host in ("0.0.0.0", "::") else (host,))}  # noqa: S104 - asked for, and needs a password
    app = create_app(context, port=bound, mailbox_folder=mailbox, password=password, hosts=names, send=send)
    address = f"http://{'127.0.0.1' if is_loopback(host) else host}:{bound}/"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if ready is not None:
                ready(address)

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    with listening:
        Server(config).run([listening])


__all__ = ["LOOPBACK", "is_loopback", "serve"]
