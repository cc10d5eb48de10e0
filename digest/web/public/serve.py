"""Serving the pages for readers, behind a proxy that speaks HTTPS."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from digest.errors import DigestError
from digest.steps.context import Context


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8026,
    archive: Path | None = None,
    proxies: str = "127.0.0.1",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until stopped. `proxies` are the addresses whose X-Forwarded-For is believed; `ready` is called with the
    address once it listens; port 0 takes a free one. Raises DigestError where the port is taken."""
    import uvicorn

    from digest.web.public.app import create_app

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise DigestError(
            f"The pages cannot listen on {host}:{port}: {error.strerror or error}.", "Choose another one with --port."
        ) from error
    bound = listening.getsockname()[1]
    config = uvicorn.Config(
        create_app(context, archive=archive, hosts=(host,)),
        log_level="warning",
        access_log=False,  # addresses and tokens of readers do not belong in a log
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=proxies,
        timeout_keep_alive=10,
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=200,
    )
    if ready is not None:
        ready(f"http://{f'[{host}]' if ':' in host else host}:{bound}/")
    uvicorn.Server(config).run(sockets=[listening])
