"""Tell the operator of a proxy that nobody named: without its name, all visitors seem to come from one network."""

from __future__ import annotations

import ipaddress
import logging

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

LOG = logging.getLogger(__name__)


class UnnamedProxyWarning:
    """Warns once if a request from a near address has X-Forwarded-For and is not from one of the named proxies.

    Strangers may send that header as well; of them nothing is said.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._has_warned and scope["type"] == "http" and scope.get("client"):
            forwarded = Headers(scope=scope).getlist("x-forwarded-for")
            peer = scope["client"][0]  # uvicorn has put the forwarded address here if it believes the proxy
            if forwarded and peer not in [one.strip() for one in ",".join(forwarded).split(",")] and _is_near(peer):
                self._has_warned = True
                LOG.warning(
                    "X-Forwarded-For from %s is not believed. If that is your proxy: `digest public --proxies %s`.",
                    peer,
                    peer,
                )
        await self.app(scope, receive, send)


def _is_near(peer: str) -> bool:
    try:
        return not ipaddress.ip_address(peer).is_global
    except ValueError:
        return False
