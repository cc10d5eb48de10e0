"""The security headers of every response, and the Content-Security-Policy of pages and of mails."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def page_policy(*, images: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy of our own pages: nothing inline, nothing from elsewhere.

    `images` are the origins of the newsletter's own pictures.
    """
    pictures = " ".join(["'self' data:", *images])
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src {pictures}; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


PAGE_POLICY = page_policy()


def mail_policy(*, images: Iterable[str] | None = None) -> str:
    """Return the policy for a mail shown as a page: a sandbox without scripts, with the mail's own inline styles.

    `images` are the origins it may load pictures from, besides those it carries itself; None shows no picture at all.
    """
    pictures = "'none'" if images is None else " ".join(["'self' data:", *images])
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Adds the security headers, and the content policy unless the response has its own.

    With `hsts`, responses over HTTPS say that only HTTPS may be used; those over HTTP must not (RFC 6797, section 7.2).
    """

    def __init__(self, app: ASGIApp, *, policy: str = PAGE_POLICY, hsts: bool = False) -> None:
        self.app = app
        self._headers = {**_HEADERS, "Content-Security-Policy": policy}
        self._https_headers = {**self._headers, **({"Strict-Transport-Security": "max-age=31536000"} if hsts else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                added = self._https_headers if scope["scheme"] == "https" else self._headers
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def with_security_headers(app: Starlette, *, hsts: bool = False, policy: str = PAGE_POLICY) -> Starlette:
    """Add the headers to every response of the application. Call it before the first request.

    Starlette sends the page of an unexpected error outside all middleware that it is given, so this wraps the whole
    stack instead.
    """
    build_stack = app.build_middleware_stack

    def stack() -> ASGIApp:
        return SecurityHeaders(build_stack(), hsts=hsts, policy=policy)

    app.build_middleware_stack = stack  # type: ignore[method-assign]  # the only place around everything
    return app
