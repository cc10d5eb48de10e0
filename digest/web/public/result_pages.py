"""Answer a browser's POST with 303 and the result as a page of its own, so that Back and reload do not send it again.

    POST /subscribe  ─▶  303 ?done=ID  ─▶  GET /subscribe?done=ID, the page that the POST made

Pages stay in memory for a while, and only under the path that made them. When one is gone, the same URL is the ordinary
page. A program, such as a mailbox provider's one-click POST, gets the answer itself: it follows no redirect (RFC 8058).
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAME = "done"
_SECONDS = 1800.0
_MOST_BYTES = 8 * 2**20
_BUSY = 500  # from here on, sending the form again is right


@dataclass(frozen=True, slots=True)
class _Page:
    path: str
    until: float
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class ResultPages:
    """The middleware. Pages are kept for `seconds`, and the newest `most_bytes` of them."""

    def __init__(self, app: ASGIApp, *, seconds: float = _SECONDS, most_bytes: int = _MOST_BYTES) -> None:
        self._app = app
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._pages: OrderedDict[str, _Page] = OrderedDict()  # the oldest first
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            page = self._find(scope)
            if page is not None:
                response = Response(page.body, page.status)
                response.raw_headers = page.headers
                await response(scope, receive, send)
                return
        if scope["type"] == "http" and scope["method"] == "POST" and _navigates(scope):
            send = _Redirected(self, scope, receive, send)
        await self._app(scope, receive, send)

    def keep(self, scope: Scope, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> str:
        """Keep a page, and return its URL, relative to that of the request."""
        name = secrets.token_urlsafe(16)
        self._pages[name] = _Page(scope["path"], time.monotonic() + self._seconds, status, headers, body)
        self._bytes += len(body)
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._pages.popitem(last=False)[1].body)
        others = [(key, value) for key, value in _query(scope) if key != _NAME]
        return f"?{urlencode([*others, (_NAME, name)])}"

    def _find(self, scope: Scope) -> _Page | None:
        page = self._pages.get(dict(_query(scope)).get(_NAME, ""))
        if page is None or page.path != scope["path"] or page.until < time.monotonic():
            return None
        return page


class _Redirected:
    """Sends a page's URL where the application sends the page."""

    def __init__(self, pages: ResultPages, scope: Scope, receive: Receive, send: Send) -> None:
        self._pages = pages
        self._request = (scope, receive)
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html") and message["status"] < _BUSY:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        scope, receive = self._request
        url = self._pages.keep(scope, self._start["status"], list(self._start["headers"]), self._body)
        await RedirectResponse(url, 303)(scope, receive, self._send)


def _navigates(scope: Scope) -> bool:
    return Headers(scope=scope).get("sec-fetch-mode") == "navigate"


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=None)[:20]
