"""The middleware in front of every page: who is it, and may they?

Visitors who are not logged in are sent to the log-in page. A form that meets it shows that page at once, with the texts
that it carried; a script is told in a status.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.errors import DigestError
from digest.web.desk.desk import Desk
from digest.web.desk.source_forms import page_after_login
from digest.web.desk.who.access import needed
from digest.web.desk.who.login_pages import enter_with_token, login_page
from digest.web.desk.who.people import Person, Role
from digest.web.desk.who.proxies import without_header
from digest.web.desk.who.texts_in_transit import sent_form


class LoginGuard:
    """Lets in whom `Who` knows, to what their role allows. Pages find the person in `request.state.person`."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self.app, self.desk = app, desk
        self._address = urlsplit(desk.settings.desk.address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        if self._address.scheme == "https" and request.headers.get("host") == self._address.netloc:
            scope["scheme"] = "https"  # a proxy takes the encryption off; cookies are Secure all the same
        who, role = self.desk.who, needed(scope["method"], scope["path"])
        if role is Role.VIEWER and request.query_params.get("as"):
            role = Role.EDITOR  # the mail of one subscriber, with their address
        if not who.proxies.is_proxy(scope):
            without_header(scope, who.rule.header)
            request = Request(scope, receive)
        is_log_in = scope["path"].startswith("/login")
        person = await run_in_threadpool(who.person, request) if role or is_log_in else None
        request.state.person = person
        response = await self._instead(request, person, role)
        await (response or self.app)(scope, receive, send)

    async def _instead(self, request: Request, person: Person | None, role: Role | None) -> Response | None:
        """Return the response where the page itself must not answer; None where it may."""
        if request.method == "GET" and self.desk.who.way == "token" and "token" in request.query_params:
            return await run_in_threadpool(enter_with_token, self.desk, request)
        if role is None:
            return None
        if person is None:
            return await _unknown(self.desk, request)
        return None if person.role.includes(role) else _forbidden(self.desk, request, person, role)


async def _unknown(desk: Desk, request: Request) -> Response:
    if desk.who.way == "header":
        return _refused(desk, request, _not_let_in(desk, request))
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


def _not_let_in(desk: Desk, request: Request) -> DigestError:
    who = desk.who
    if not who.proxies.is_proxy(request.scope):
        return DigestError(
            "This address of the desk is for its reverse proxy only.",
            "Open the desk through the proxy. Whoever runs it: name the proxy in [desk] proxies.",
        )
    if not request.headers.get(who.rule.header):
        return DigestError(
            f"The proxy did not say who you are: {who.rule.header} is missing.", "Log in at the proxy, and come again."
        )
    return DigestError("You may not use this desk.", "Ask whoever runs it to add you to [[desk.people]].")


def _forbidden(desk: Desk, request: Request, person: Person, role: Role) -> Response:
    what = "see that" if request.method in ("GET", "HEAD") else "do that"
    article = "an" if role in (Role.EDITOR, Role.APPROVER) else "a"
    own_article = "an" if person.role in (Role.EDITOR, Role.APPROVER) else "a"
    error = DigestError(
        f"Only {article} {role.value} may {what}, and you are {own_article} {person.role.value}. Nothing was changed.",
        "Ask whoever runs the desk for another role.",
    )
    return _refused(desk, request, error)


def _refused(desk: Desk, request: Request, error: DigestError) -> Response:
    if request.headers.get("x-digest-parts") == "1":
        return JSONResponse({"error": error.what, "remedy": error.remedy}, 403)
    return desk.page(request, "error.html.j2", status=403, error=error)
