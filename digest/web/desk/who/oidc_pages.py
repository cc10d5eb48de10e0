"""`/login/oidc`: to the provider and back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.web.desk.desk import Desk
from digest.web.desk.who.login_pages import enter, login_page
from digest.web.desk.who.oidc import CALLBACK, MINUTES, Provider
from digest.web.desk.who.texts_in_transit import SentForm, TextsInTransit, safe_page


def routes(desk: Desk) -> list[BaseRoute]:
    if desk.who.way != "oidc":
        return []
    provider = Provider(desk.settings)
    cookie = f"digest_oidc_{desk.port}"

    def go(request: Request) -> Response:
        page = safe_page(request.query_params.get("next", "/"))
        try:
            url, remembered = provider.start(page, request.query_params.get("texts", "")[:40], _callback(desk, request))
        except DigestError as error:
            return login_page(desk, request, status=502, error=error, page=page)
        response = RedirectResponse(url, 303)
        response.set_cookie(
            cookie,
            remembered,
            max_age=MINUTES * 60,
            path="/login/oidc",
            httponly=True,
            samesite="lax",  # it has to come along when the provider sends the visitor back
            secure=request.url.scheme == "https",
        )
        return response

    def back(request: Request) -> Response:
        started = provider.started(request.cookies.get(cookie, ""), request.query_params.get("state", "")[:200])
        if started is None:
            error = DigestError("This log-in was not begun in this browser, or it took too long.", "Log in again.")
            response = login_page(desk, request, status=403, error=error)
        else:
            sent = TextsInTransit(desk.settings.secret_key).read(desk.waiting_texts.take(started.texts))
            try:
                login = provider.login(
                    started, _code(request), request.query_params.get("iss", ""), _callback(desk, request)
                )
                response = _enter(desk, request, login, started.page, sent)
            except DigestError as error:
                response = login_page(desk, request, sent, status=403, error=error, page=started.page)
        response.delete_cookie(cookie, path="/login/oidc")
        return response

    return [Route("/login/oidc", go, methods=["GET"]), Route(CALLBACK, back, methods=["GET"])]


def _enter(desk: Desk, request: Request, login: str, page: str, sent: SentForm | None) -> Response:
    person = desk.who.people.proven(login)
    if person is None:
        raise DigestError(
            f"The provider knows you as {login[:80]}, but you may not use this desk.",
            "Ask whoever runs it to add you to [[desk.people]].",
        )
    return enter(desk, request, person, page=safe_page(page), sent=sent)


def _code(request: Request) -> str:
    code = request.query_params.get("code", "")
    if "error" in request.query_params or not 0 < len(code) <= 4_000:
        raise DigestError("The log-in provider did not let you in, or you stopped.", "Log in again.")
    return code


def _callback(desk: Desk, request: Request) -> str:
    """Return the address to which the provider sends visitors back; it must be registered there."""
    base = desk.settings.desk.address or f"{request.url.scheme}://{request.url.netloc}"
    return base.rstrip("/") + CALLBACK
