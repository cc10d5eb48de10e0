"""`/login` and `/logout`. The log-in leads back to the page that asked for it, with the text that was on its way."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.steps.notifying.editor_links import hinted_name
from digest.web.desk.desk import Desk
from digest.web.desk.text_after_login import SentForm, TextsInTransit, safe_page, save_all

_LONGEST_NAME = 80


def login_page(
    desk: Desk,
    request: Request,
    form: SentForm | None = None,
    *,
    status: int = 200,
    error: DigestError | None = None,
    page: str = "/",
) -> Response:
    """Show the log-in. `form` is what could not be accepted before it; `page` where to go afterwards."""
    signed = TextsInTransit(desk.settings.secret_key).sign(form) if form else ""
    number = len(form.texts) if form else 0
    return desk.page(
        request,
        "login.html.j2",
        status=401 if form and status == 200 else status,
        error=error,
        texts_in_transit=signed,
        number=number,
        page=page,
        hinted_name=hinted_name(desk.settings, page),
    )


def routes(desk: Desk) -> list[BaseRoute]:
    def show_login(request: Request) -> Response:
        page = safe_page(request.query_params.get("next", "/"))
        if not desk.login.required or desk.login.name(request):
            return RedirectResponse(page, 303)
        return login_page(desk, request, page=page)

    async def log_in(request: Request) -> Response:
        if not desk.login.required:
            return RedirectResponse("/", 303)
        return await run_in_threadpool(_log_in, desk, request, await request.form(max_files=0))

    async def log_out(request: Request) -> Response:
        form = await request.form()
        response = RedirectResponse("/login", 303)
        if desk.forms.is_genuine(request, str(form.get("token", ""))):
            desk.login.log_out(response)
        return response

    return [
        Route("/login", show_login, methods=["GET"]),
        Route("/login", log_in, methods=["POST"]),
        Route("/logout", log_out, methods=["POST"]),
    ]


def _log_in(desk: Desk, request: Request, form: FormData) -> Response:
    name = " ".join(str(form.get("name", "")).split())[:_LONGEST_NAME]
    page = safe_page(str(form.get("next", "/")))
    sent = TextsInTransit(desk.settings.secret_key).read(str(form.get("texts", "")))
    error = _login_error(desk, request, str(form.get("token", "")), name, str(form.get("password", "")))
    if error is not None:
        return login_page(desk, request, sent, status=403, error=error, page=page)
    if sent is None:
        response: Response = RedirectResponse(page, 303)
    elif lost := save_all(desk, sent, by=name):
        response = desk.page(request, "text_not_saved.html.j2", status=409, texts=lost, page=sent.page)
    else:
        flash = "You are logged in again. What you wrote is in its box; nothing else was done."
        response = desk.redirect(sent.page, flash)
    desk.login.log_in(request, response, name)
    return response


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
