"""The check of the Host header: a foreign site whose name points at us (DNS rebinding) gets nothing.

Starlette's TrustedHostMiddleware does not do here. Of several Host headers it checks the first only, it takes
`localhost:99999999`, it wants IPv6 addresses in brackets in its list, `*` in the list turns it off without a word, and
it answers 400 instead of 421 (RFC 9110, section 7.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class HostCheck:
    """Answers only requests for one of `hosts`, at any port.

    `open_paths` answer to any name: what probes a container knows only its address.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], open_paths: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(host.lower().strip("[]") for host in hosts)
        self.open_paths = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self.open_paths:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope).getlist("host")
        if len(headers) == 1 and host_name(headers[0]) in self.hosts:
            await self.app(scope, receive, send)
            return
        response = PlainTextResponse("This address does not belong to this site.\n", 421)
        await response(scope, receive, send)


def host_name(header: str) -> str:
    """Return the name in a Host header, without its port; "" if the header is malformed."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port  # raises ValueError for an impossible port
    except ValueError:
        return ""
    if parts.path or parts.username or "?" in header or "#" in header:
        return ""
    return (parts.hostname or "").lower()
