"""`/login` and `/logout`. The log-in leads back to the page that asked for it, with the text that was on its way."""

from __future__ import annotations

import secrets

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.steps.notifying.editor_links import hinted_name
from digest.web.desk.desk import Desk
from digest.web.desk.who.one_time_tokens import token_in, without_token
from digest.web.desk.who.people import LONGEST_NAME, Person
from digest.web.desk.who.texts_in_transit import SentForm, TextsInTransit, safe_page, save_all

_AGAIN = "You are logged in again. What you wrote is in its box; nothing else was done."


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
    return desk.page(
        request,
        "login.html.j2",
        status=401 if form and status == 200 else status,
        error=error,
        texts_in_transit=signed,
        waiting=desk.waiting_texts.put(signed) if desk.who.way == "oidc" else "",
        number=len(form.texts) if form else 0,
        page=page,
        hinted_name=hinted_name(desk.settings, page),
    )


def routes(desk: Desk) -> list[BaseRoute]:
    def show_login(request: Request) -> Response:
        page = safe_page(request.query_params.get("next", "/"))
        if request.state.person is not None or not desk.who.has_sessions:
            return RedirectResponse(page, 303)
        return login_page(desk, request, page=page)

    async def log_in(request: Request) -> Response:
        if desk.who.way not in ("token", "password"):
            return RedirectResponse("/login", 303)
        return await run_in_threadpool(_log_in, desk, request, await request.form(max_files=0))

    async def log_out(request: Request) -> Response:
        form = await request.form(max_files=0)
        response = RedirectResponse("/login", 303)
        if desk.who.has_sessions and desk.forms.is_genuine(request, str(form.get("token", ""))):
            await run_in_threadpool(desk.who.log_out, response, request.state.person)
        return response

    return [
        Route("/login", show_login, methods=["GET"]),
        Route("/login", log_in, methods=["POST"]),
        Route("/logout", log_out, methods=["POST"]),
    ]


def enter_with_token(desk: Desk, request: Request) -> Response:
    """Exchange the token in the address for a session; the address without it is what the browser shows."""
    path = without_token(request.url.path, request.url.query)
    page = "/" if path.startswith("/login") else safe_page(path)
    if desk.who.tokens.use(request.query_params["token"]):
        return enter(desk, request, desk.who.operator, page=page)
    if request.state.person is not None:  # the same address once more, in a browser that is logged in
        return RedirectResponse(page, 303)
    return login_page(desk, request, status=403, error=_used(), page=page)


def enter(desk: Desk, request: Request, person: Person, *, page: str, sent: SentForm | None = None) -> Response:
    """Log somebody in, and go where they wanted to go, with the texts that were on their way."""
    if sent is None:
        response: Response = RedirectResponse(page, 303)
    elif lost := save_all(desk, sent, by=person.name):
        response = desk.page(request, "text_not_saved.html.j2", status=409, texts=lost, page=sent.page)
    else:
        response = desk.redirect(
            sent.page, "You are logged in again. What you wrote is in its box; nothing else was done."
        )
    desk.who.log_in(request, response, person)
    if desk.who.way == "token":
        desk.who.announce(desk.who.tokens.new())
    return response


def _log_in(desk: Desk, request: Request, form: FormData) -> Response:
    page = safe_page(str(form.get("next", "/")))
    sent = TextsInTransit(desk.settings.secret_key).read(str(form.get("texts", "")))
    try:
        _check_form(desk, request, form)
        if desk.who.way == "token":
            return enter(desk, request, _by_token(desk, form), page=page, sent=sent)
        name = " ".join(str(form.get("name", "")).split())[:LONGEST_NAME]
        person = _by_password(desk, request, name, str(form.get("password", ""))[:1_000])
    except DigestError as error:
        return login_page(desk, request, sent, status=403, error=error, page=page)
    response = enter(desk, request, person, page=page, sent=sent)
    desk.who.remember_device(request, response, name, secrets.token_urlsafe(12))
    return response


def _check_form(desk: Desk, request: Request, form: FormData) -> None:
    if not desk.forms.is_genuine(request, str(form.get("token", ""))):
        raise DigestError("This form has expired.", "Fill it in again.")


def _by_token(desk: Desk, form: FormData) -> Person:
    if not desk.who.tokens.use(token_in(str(form.get("address", "")))):
        raise _used()
    return desk.who.operator


def _by_password(desk: Desk, request: Request, name: str, password: str) -> Person:
    """Return who this is. Raises DigestError."""
    who = desk.who
    if not name:
        raise DigestError("Your name is missing.", "The history shows it beside your changes.")
    attempt = who.attempt(request, name)
    if seconds := who.limits.seconds_to_wait(attempt):
        raise DigestError(
            "There were too many wrong passwords.", f"Try again in {int(seconds) + 1} seconds. Others can log in."
        )
    who.limits.count(attempt)
    person = who.by_password(name, password)
    if person is None:
        where = "The password is in DIGEST_DESK_PASSWORD on the machine that runs the desk."
        own = "Whoever runs the desk can give you another: `digest desk password`."
        raise DigestError("Wrong password, or a name that nobody has.", where if who.has_shared_password else own)
    who.limits.forgive(attempt)
    return person


def _used() -> DigestError:
    return DigestError(
        "This address has been used, or the desk has started anew since.",
        "Open the newest address in the terminal where the desk runs.",
    )
