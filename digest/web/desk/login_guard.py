"""Coming in and going out: the log-in page, and the guard before every other page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.errors import DigestError
from digest.steps.editing.desk_data import answers
from digest.web.desk.desk import Desk

_OPEN = ("/login", "/healthz", "/favicon.ico", "/static/")


class LoginGuard:
    """Sends whoever has not logged in to the log-in, where the desk has a password."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.desk.login.needed and not scope["path"].startswith(_OPEN):
            request = Request(scope, receive)
            if not self.desk.login.name(request):
                await RedirectResponse("/login", 303)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def routes(desk: Desk) -> list[BaseRoute]:
    def ask(request: Request) -> Response:
        if not desk.login.needed or desk.login.name(request):
            return RedirectResponse("/", 303)
        return desk.page(request, "login.html.j2")

    async def enter(request: Request) -> Response:
        form = await request.form()
        name = " ".join(str(form.get("name", "")).split())[:80]
        if not desk.login.needed:
            return RedirectResponse("/", 303)
        wrong = _why_not(request, str(form.get("token", "")), name, str(form.get("password", "")))
        if wrong is not None:
            return desk.page(request, "login.html.j2", status=403, error=wrong)
        response = RedirectResponse("/", 303)
        desk.login.enter(request, response, name)
        return response

    def _why_not(request: Request, token: str, name: str, password: str) -> DigestError | None:
        if not desk.forms.genuine(request, token):
            return DigestError("That form was too old or not ours.", "Fill it in again.")
        if desk.login.barred:
            return DigestError("There were too many wrong passwords.", "Try again in five minutes.")
        if not name:
            return DigestError("Your name is missing.", "It stands in the record of what was done.")
        if not desk.login.right(password):
            return DigestError("That is not the password.", "It is what DIGEST_DESK_PASSWORD says where the desk runs.")
        return None

    async def leave(request: Request) -> Response:
        form = await request.form()
        response = RedirectResponse("/login", 303)
        if desk.forms.genuine(request, str(form.get("token", ""))):
            desk.login.leave(response)
        return response

    def healthz(request: Request) -> Response:
        del request
        answers(desk.context)
        return PlainTextResponse("ok\n")

    def no_icon(request: Request) -> Response:
        """Browsers ask for one beside a page that names none, as a mail does; and a mail opened by itself is a sandbox,
        a stranger to this desk, which would be refused with an error in its console."""
        del request
        return Response(status_code=204, headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    return [
        Route("/login", ask, methods=["GET"]),
        Route("/login", enter, methods=["POST"]),
        Route("/logout", leave, methods=["POST"]),
        Route("/healthz", healthz),
        Route("/favicon.ico", no_icon),
    ]
