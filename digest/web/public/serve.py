"""Serving the public pages, behind a proxy that speaks HTTPS."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

from digest.errors import UsageError
from digest.steps.context import Context
from digest.web.public.app import create_app
from digest.web.web_server import WebServer, listen


class PublicServer(WebServer):
    """The pages behind a socket of their own. It listens from the moment it is made; `run` answers until `stop`.

    Port 0 takes a free one. `proxies` are addresses and networks, separated by commas: what they say in X-Forwarded-For
    and X-Forwarded-Proto is believed, of the newest entry that is not a proxy's; nobody else's is, and `Forwarded` is
    read from nobody. Raises UsageError where one of them is none, and DigestError where the port is taken.
    """

    def __init__(
        self,
        context: Context,
        *,
        host: str = "127.0.0.1",
        port: int = 8026,
        archive: Path | None = None,
        proxies: str = "127.0.0.1",
    ) -> None:
        believed = _believed(proxies)
        listening = listen("pages", host, port)
        bound = int(listening.getsockname()[1])
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{bound}/"
        super().__init__(
            listening,
            create_app(context, archive=archive, hosts=(host,)),
            proxy_headers=bool(believed),
            forwarded_allow_ips=believed,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
            h11_max_incomplete_event_size=16_384,
            limit_concurrency=200,
        )


def _believed(proxies: str) -> list[str]:
    """uvicorn takes a name, or "*", without a word: the one would believe nobody, the other everybody."""
    found = [one.strip() for one in proxies.split(",") if one.strip()]
    for one in found:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise UsageError(
                f"--proxies: {one!r} is neither an address nor a network.",
                'Name the proxies by address, such as "127.0.0.1,10.0.0.0/28".',
            ) from None
    return found


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8026,
    archive: Path | None = None,
    proxies: str = "127.0.0.1",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until stopped. `ready` is called with the address, which takes requests by then."""
    server = PublicServer(context, host=host, port=port, archive=archive, proxies=proxies)
    if ready is not None:
        ready(server.address)
    server.run()
