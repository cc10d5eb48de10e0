"""Sends visitors who are not logged in to the log-in page, if the desk has a password."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.web.desk.desk import Desk

_OPEN = ("/login", "/healthz", "/favicon.ico", "/static/")


class LoginGuard:
    """The middleware in front of every page."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.desk.login.required and not scope["path"].startswith(_OPEN):
            request = Request(scope, receive)
            if not self.desk.login.name(request):
                await RedirectResponse("/login", 303)(scope, receive, send)
                return
        await self.app(scope, receive, send)
