"""Sends visitors who are not logged in to the log-in page, if the desk has a password.

A form that meets it shows the log-in page at once, with the texts that it carried; a script is told in a status.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.web.desk.desk import Desk
from digest.web.desk.login_pages import login_page
from digest.web.desk.source_forms import page_after_login
from digest.web.desk.text_after_login import sent_form

_OPEN = ("/login", "/healthz", "/favicon.ico", "/static/")


class LoginGuard:
    """The middleware in front of every page."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.desk.login.required and not scope["path"].startswith(_OPEN):
            request = Request(scope, receive)
            if not self.desk.login.name(request):
                response = await _refusal(self.desk, request)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _refusal(desk: Desk, request: Request) -> Response:
    if request.headers.get("x-digest-parts") == "1":
        return JSONResponse({"error": "You have been logged out.", "remedy": "Log in again."}, 401)
    if request.method in ("GET", "HEAD"):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/login" if path == "/" else f"/login?next={quote(path, safe='/')}", 303)
    form = await sent_form(request)
    if form is not None:
        return login_page(desk, request, form)
    page = await page_after_login(request)
    return RedirectResponse(f"/login?next={quote(page, safe='/')}" if page else "/login", 303)
