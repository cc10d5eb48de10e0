"""`/login` and `/logout`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.web.desk.desk import Desk

_LONGEST_NAME = 80


def routes(desk: Desk) -> list[BaseRoute]:
    def login_page(request: Request) -> Response:
        if not desk.login.required or desk.login.name(request):
            return RedirectResponse("/", 303)
        return desk.page(request, "login.html.j2")

    async def log_in(request: Request) -> Response:
        if not desk.login.required:
            return RedirectResponse("/", 303)
        form = await request.form()
        name = " ".join(str(form.get("name", "")).split())[:_LONGEST_NAME]
        error = _login_error(desk, request, str(form.get("token", "")), name, str(form.get("password", "")))
        if error is not None:
            return desk.page(request, "login.html.j2", status=403, error=error)
        response = RedirectResponse("/", 303)
        desk.login.log_in(request, response, name)
        return response

    async def log_out(request: Request) -> Response:
        form = await request.form()
        response = RedirectResponse("/login", 303)
        if desk.forms.is_genuine(request, str(form.get("token", ""))):
            desk.login.log_out(response)
        return response

    return [
        Route("/login", login_page, methods=["GET"]),
        Route("/login", log_in, methods=["POST"]),
        Route("/logout", log_out, methods=["POST"]),
    ]


def _login_error(desk: Desk, request: Request, token: str, name: str, password: str) -> DigestError | None:
    if not desk.forms.is_genuine(request, token):
        return DigestError("This form has expired.", "Fill it in again.")
    if desk.login.locked:
        return DigestError("There were too many wrong passwords.", "Try again in five minutes.")
    if not name:
        return DigestError("Your name is missing.", "The history shows it beside your changes.")
    if not desk.login.check_password(password):
        return DigestError(
            "Wrong password.", "The password is in DIGEST_DESK_PASSWORD on the machine that runs the desk."
        )
    return None
