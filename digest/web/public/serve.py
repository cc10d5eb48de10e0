"""Serving the public pages behind a proxy that speaks HTTPS."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

from digest.errors import UsageError
from digest.steps.context import Context
from digest.steps.subscribers.webhooks.sns_certificates import Fetch
from digest.web.public.app import create_app
from digest.web.public.request_pace import RequestPace
from digest.web.web_server import WebServer, listen

WAIT_SECONDS = 10.0  # for a whole request; a form has 20,000 bytes at most
RESPONSE_SECONDS = 120.0


class PublicServer(WebServer):
    """The public pages on a socket of their own, which listens as soon as the object exists; `run` serves until `stop`.

    Port 0 takes a free one. `proxies` are IP addresses and networks, separated by commas; by default there are none.
    X-Forwarded-For and X-Forwarded-Proto are believed from these only, also on loopback, and of them the newest entry
    that is not a proxy's. `Forwarded` is never read. `fetch` gets what Amazon SNS has at a URL. `pace` slows down
    who asks for many mails. `wait_seconds` is for a
    whole request to arrive. Raises UsageError if a proxy is malformed, and DigestError if the port is taken.
    """

    def __init__(
        self,
        context: Context,
        *,
        host: str = "127.0.0.1",
        port: int = 8026,
        archive: Path | None = None,
        proxies: str = "",
        fetch: Fetch | None = None,
        pace: RequestPace | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        trusted = _parse_proxies(proxies)
        listening = listen("pages", host, port)
        bound = int(listening.getsockname()[1])
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{bound}/"
        super().__init__(
            listening,
            create_app(context, archive=archive, hosts=(host,), fetch=fetch, pace=pace),
            proxy_headers=bool(trusted),
            forwarded_allow_ips=trusted,
            wait_seconds=wait_seconds,
            response_seconds=RESPONSE_SECONDS,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
            h11_max_incomplete_event_size=16_384,
        )


def _parse_proxies(proxies: str) -> list[str]:
    """Check the proxies: uvicorn accepts a host name, and then trusts nobody, or "*", and then trusts everybody."""
    networks = [one.strip() for one in proxies.split(",") if one.strip()]
    for one in networks:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise UsageError(
                f"--proxies: {one!r} is not an IP address or network.",
                'Write IP addresses or networks, such as "127.0.0.1,10.0.0.0/28".',
            ) from None
    return networks


def serve(
    context: Context,
    *,
    host: str = "127.0.0.1",
    port: int = 8026,
    archive: Path | None = None,
    proxies: str = "",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until stopped. `ready` is called with the URL once it takes requests."""
    server = PublicServer(context, host=host, port=port, archive=archive, proxies=proxies)
    if ready is not None:
        ready(server.url)
    server.run()
