"""Protection of forms against other sites (CSRF): a token in the form, and the browser's word where it came from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Return whether the browser says that the form was sent from one of our pages.

    `Sec-Fetch-Site` decides if present, else `Origin` compared with `Host`. A client that sends neither is not a
    browser, so no foreign page can make it act; it still needs the form's token.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


class FormTokens:
    """Tokens that prove that a form came from one of our pages: a keyed hash of the visitor's cookie."""

    def __init__(self, key: bytes, *, cookie: str) -> None:
        self._key = hashlib.sha256(b"forms\0" + key).digest()
        self.cookie = cookie

    def visitor(self, request: Request) -> str:
        """Return the visitor's cookie, or a new one, which `remember` must set with the response."""
        known = request.cookies.get(self.cookie, "")
        return known if len(known) == 43 and known.isascii() else secrets.token_urlsafe(32)

    def token(self, visitor: str) -> str:
        return hmac.new(self._key, visitor.encode(), hashlib.sha256).hexdigest()

    def remember(self, request: Request, response: Response, visitor: str) -> None:
        if request.cookies.get(self.cookie) != visitor:
            response.set_cookie(
                self.cookie, visitor, httponly=True, samesite="strict", secure=request.url.scheme == "https"
            )

    def is_genuine(self, request: Request, token: str) -> bool:
        """Return whether this visitor filled in the form on one of our pages."""
        visitor = request.cookies.get(self.cookie, "")
        matches = hmac.compare_digest(self.token(visitor).encode(), token.encode())
        return bool(visitor) and matches and is_same_origin(request.headers)
