"""The cookies of one visit: a server that sets one and redirects gets it back, and nobody else, and never again."""

from __future__ import annotations

import httpx

from digest.collect.urls import with_ascii_host

_LONGEST = 4_096  # bytes of one cookie; what browsers keep
_MOST = 50
_LONGEST_HEADER = 16_384


class VisitCookies:
    """Keeps what servers set on the way of one visit. httpx decides which address gets what."""

    def __init__(self) -> None:
        self._jar: httpx.Cookies | None = None  # most visits need none

    def take(self, url: str, headers: httpx.Headers) -> None:
        # As bytes: not every server keeps to ASCII.
        fields = [(name, value) for name, value in headers.raw if name.lower() == b"set-cookie"]
        fields = [(name, value) for name, value in fields if len(value) <= _LONGEST][:_MOST]
        if not fields:
            return
        self._jar = self._jar if self._jar is not None else httpx.Cookies()
        self._jar.extract_cookies(httpx.Response(200, headers=fields, request=httpx.Request("GET", url)))

    def header(self, url: str) -> str:
        """The Cookie header for an address; "" where there is nothing to send."""
        if self._jar is None:
            return ""
        try:
            request = httpx.Request("GET", with_ascii_host(url))
        except (httpx.InvalidURL, ValueError):
            return ""  # nor can it be visited
        request.headers.encoding = "utf-8"
        self._jar.set_cookie_header(request)
        value: str = request.headers.get("cookie", "")
        return value if len(value) <= _LONGEST_HEADER else ""
