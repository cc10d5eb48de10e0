"""What every page of ours is wrapped in: which hosts it answers, how large a form may be, and what headers it wears.

    request ─▶ Headers ─▶ Hosts ─▶ Limits ─▶ the application

`FormTokens` makes and checks the token of a form; `came_from_here` is the other half of the check, and needs no state.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of our own pages: nothing inline, nothing from elsewhere."""


def mail_policy(*, images: Iterable[str] | None = None) -> str:
    """The policy of a mail shown as a page: a sandbox without scripts, its own inline styles, no address of others.

    `images` are the origins whose pictures it may load besides those it carries itself; None shows no picture at all.
    """
    pictures = "'none'" if images is None else " ".join(["'self' data:", *images])
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Adds the headers above, and the policy where the answer brings none of its own.

    With `hsts`, what goes over HTTPS says that everything will (RFC 6797, section 7.2: what does not must not say so).
    """

    def __init__(self, app: ASGIApp, *, policy: str = PAGE_POLICY, hsts: bool = False) -> None:
        self.app = app
        self.headers = {**_EVERYWHERE, "Content-Security-Policy": policy}
        self.secured = {**self.headers, **({"Strict-Transport-Security": "max-age=31536000"} if hsts else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                worn = self.secured if scope["scheme"] == "https" else self.headers
                for name, value in worn.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, dressed)


def wrapped(app: Starlette, *, hsts: bool = False) -> Starlette:
    """The application with the headers on every answer of it, also on the page of an unforeseen failure: Starlette
    gives that one outside of all middleware that it is told about. Call it before the first request."""
    inner = app.build_middleware_stack

    def stack() -> ASGIApp:
        return SecurityHeaders(inner(), hsts=hsts)

    app.build_middleware_stack = stack  # type: ignore[method-assign]  # the one place around everything
    return app


def _host_name(header: str) -> str:
    """The name in a Host header, without its port; "" where it is none."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port  # raises where it is no number
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if not (parts.path or parts.username or parts.query) else ""


class HostCheck:
    """Answers only to its own names: a page of somebody else's, whose name was pointed here, gets nothing."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower().strip("[]") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("host")
        if len(given) == 1 and _host_name(given[0]) in self.hosts:
            await self.app(scope, receive, send)
            return
        refusal = PlainTextResponse("This address does not belong to this site.\n", 421)
        await refusal(scope, receive, send)


class BodyLimit:
    """Refuses a request whose body is larger than `most` bytes, however its length is announced."""

    def __init__(self, app: ASGIApp, *, most: int = 1_000_000) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self.most:
            await PlainTextResponse("That is more than this site takes.\n", 413)(scope, receive, send)
            return
        taken, begun = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most:
                raise _TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLargeError:
            if not begun:
                await PlainTextResponse("That is more than this site takes.\n", 413)(scope, receive, send)


class _TooLargeError(Exception):
    pass


def came_from_here(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a form was sent from a page of ours.

    `Sec-Fetch-Site` decides where there is one; then `Origin`, against `Host`. A client that sends neither is no
    browser, and cannot be made to act by a foreign page; the form's token is still asked for.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


class FormTokens:
    """Tokens that prove that a form came from a page of ours: a hash, by our key, of the visitor's own cookie."""

    FIELD = "token"

    def __init__(self, key: bytes, *, cookie: str) -> None:
        self._key = hashlib.sha256(b"forms\0" + key).digest()
        self.cookie = cookie

    def visitor(self, request: Request) -> str:
        """The visitor's cookie, or a new one that `remember` must set with the answer."""
        known = request.cookies.get(self.cookie, "")
        return known if len(known) == 43 and known.isascii() else secrets.token_urlsafe(32)

    def token(self, visitor: str) -> str:
        return hmac.new(self._key, visitor.encode(), hashlib.sha256).hexdigest()

    def remember(self, request: Request, response: Response, visitor: str) -> None:
        if request.cookies.get(self.cookie) != visitor:
            response.set_cookie(
                self.cookie, visitor, httponly=True, samesite="strict", secure=request.url.scheme == "https"
            )

    def genuine(self, request: Request, given: str) -> bool:
        """Whether the form was filled in on a page of ours, by this visitor."""
        visitor = request.cookies.get(self.cookie, "")
        right = hmac.compare_digest(self.token(visitor).encode(), given.encode())
        return bool(visitor) and right and came_from_here(request.headers)
