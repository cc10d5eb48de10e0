"""The pages for readers: archive, subscribe, confirm, preferences, unsubscribe.

Looking never changes anything: link scanners and prefetchers only ever GET. Acting is a POST; whoever holds the token
in the address is taken for its reader, so no cookie is set and none is asked for. Answers are the same for everybody.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from digest.model import SubscriberStatus
from digest.readers.addresses import Address, parse_address
from digest.readers.consent import coarse_origin, wording
from digest.readers.preferences import masked
from digest.steps import readers
from digest.steps.context import Context
from digest.web.public.limits import Limit
from digest.web.security import BodyLimit, HostCheck, wrapped

_HERE = Path(__file__).resolve().parent.parent
_MOST_BODY = 20_000  # bytes of a form; ours are far smaller
HONEYPOT = "website"
NO_SUCH_THEME = "We have no such theme. Choose among those that are listed now."
Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(context: Context, *, archive: Path | None = None, hosts: tuple[str, ...] = ()) -> Starlette:
    """The application.

    `archive` is the folder that `digest archive build` wrote; `hosts` are names it answers to beside its public one.
    """
    pages = _Pages(context)
    folder = archive or context.settings.state_folder / "archive"
    routes: list[BaseRoute] = [
        Route("/", pages.front),
        Route("/healthz", pages.health),
        Route("/subscribe", pages.subscribe, methods=["GET", "POST"]),
        Route("/confirm/{token}", pages.confirm, methods=["GET", "POST"]),
        Route("/move/{token}", pages.move, methods=["GET", "POST"]),
        Route("/unsubscribe/{token}", pages.unsubscribe, methods=["GET", "POST"]),
        Route("/preferences/{token}", pages.preferences, methods=["GET", "POST"]),
        Route("/preferences/{token}/data.json", pages.data),
        Mount("/static", StaticFiles(directory=_HERE / "static")),
        Mount("/archive", StaticFiles(directory=folder, html=True, check_dir=False)),
    ]
    if pages.prefix:
        routes = [Mount(pages.prefix, routes=routes), *routes]
    public = urlsplit(context.settings.newsletter.public_url)
    names = {"127.0.0.1", "localhost", "::1", *hosts, *([public.hostname] if public.hostname else [])}
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(HostCheck, hosts=names),
            Middleware(BodyLimit, most=_MOST_BODY),
        ],
        exception_handlers={HTTPException: pages.failed, Exception: pages.failed},
    )
    return wrapped(app, hsts=pages.secure)


class _Pages:
    def __init__(self, context: Context) -> None:
        self.context = context
        public = urlsplit(context.settings.newsletter.public_url)
        self.prefix = public.path.rstrip("/")
        self.secure = public.scheme == "https"
        self._asking = Limit(5, 3600)  # subscriptions and new addresses asked for from one network in an hour
        self._asked = Limit(120, 3600)  # and from everywhere: each one sends a mail
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates" / "public"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    # --- Coming ---

    async def front(self, _request: Request) -> Response:
        return RedirectResponse(f"{self.prefix}/archive/", 303)

    async def health(self, _request: Request) -> Response:
        await run_in_threadpool(_touch, self.context)
        return PlainTextResponse("ok\n")

    async def subscribe(self, request: Request) -> Response:
        if request.method != "POST":
            return self._page("subscribe.html.j2", email="", name="", chosen=(), problems={})
        form = await self._form(request)
        email, name, themes = form.get("email", ""), form.get("name", ""), form.getlist("themes")
        found = parse_address(email)
        # The same for everybody: only the form is looked at, not who is subscribed.
        problems = {} if isinstance(found, Address) else {"email": found.reason}
        if readers.themes_of(self.context, themes) is None:
            problems["themes"] = NO_SUCH_THEME
        if problems or not isinstance(found, Address):
            values: dict[str, Any] = {"email": email[:254], "name": name[:100], "chosen": themes}
            return self._page("subscribe.html.j2", status=422, problems=problems, **values)
        if not (form.get(HONEYPOT) or self._may_ask(request)):
            return self._page("later.html.j2", status=429)
        # The work is done after the answer: neither its words nor its time tell who is subscribed.
        task = (
            None if form.get(HONEYPOT) else self._later(readers.ask, email, name=name, themes=themes, request=request)
        )
        return self._page("asked.html.j2", background=task, email=found.email)

    def _may_ask(self, request: Request) -> bool:
        now = time.monotonic()
        return self._asking.grant(_origin(request), now) and self._asked.grant("", now)

    async def confirm(self, request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST":
            works = await run_in_threadpool(readers.is_confirmable, self.context, token)
            return self._page("confirm.html.j2") if works else self._page("stale.html.j2", status=404)
        form = await self._form(request)
        number = await run_in_threadpool(readers.confirm, self.context, token, origin=_origin(request))
        if number is None:
            return self._page("stale.html.j2", status=404)
        task = BackgroundTask(readers.send_latest, self.context, number) if form.get("latest") else None
        return self._page("confirmed.html.j2", background=task, latest=bool(form.get("latest")))

    async def move(self, request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST":
            works = await run_in_threadpool(readers.is_movable, self.context, token)
            return self._page("move.html.j2") if works else self._page("stale.html.j2", status=404)
        moved = await run_in_threadpool(readers.move, self.context, token, origin=_origin(request))
        return self._page("moved.html.j2") if moved else self._page("stale.html.j2", status=404)

    # --- Leaving ---

    async def unsubscribe(self, request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST":
            if not readers.may_unsubscribe(self.context, token):
                return self._page("stale.html.j2", status=404)
            return self._page("unsubscribe.html.j2")
        form = await self._form(request)
        one_click = form.get("List-Unsubscribe") == "One-Click"
        if form.get("act") == "back":
            if await run_in_threadpool(readers.come_back, self.context, token, origin=_origin(request)):
                return self._page("back.html.j2")
            return self._page("stale.html.j2", status=404)
        how = "one click (RFC 8058)" if one_click else "unsubscribe page"
        left = await run_in_threadpool(readers.unsubscribe, self.context, token, how=how, origin=_origin(request))
        if one_click:
            return PlainTextResponse("You are unsubscribed.\n" if left else "No such link.\n", 200 if left else 404)
        return self._page("left.html.j2") if left else self._page("stale.html.j2", status=404)

    # --- Choosing ---

    async def preferences(self, request: Request) -> Response:
        token = request.path_params["token"]
        said, problems, task = "", dict[str, str](), None
        if request.method == "POST":
            form = await self._form(request)
            act, origin = form.get("act", ""), _origin(request)
            if act == "erase":
                return await self._erase(token, form.get("sure", ""), origin)
            if act == "move" and not self._may_ask(request):
                return self._page("later.html.j2", status=429)
            said, problems = await run_in_threadpool(self._change, token, act, form, origin)
            if act == "move" and not problems:
                # After the answer, as with a subscription: its time does not tell whose address it is.
                task = BackgroundTask(readers.ask_to_move, self.context, token, form.get("email", ""), origin=origin)
        found = await run_in_threadpool(readers.preferences, self.context, token)
        if found is None:
            return self._page("stale.html.j2", status=404)
        return self._page(
            "preferences.html.j2",
            status=422 if problems else 200,
            background=task,
            token=token,
            reader=found,
            masked=masked(found.email),
            themes=self.context.settings.themes,
            statuses=SubscriberStatus,
            said=said,
            problems=problems,
        )

    def _change(self, token: str, act: str, form: _Form, origin: str) -> tuple[str, dict[str, str]]:
        """Do what the form asks; returns what to say, or what is wrong with which field ("form": with all of it)."""
        if act == "save":
            themes = tuple(form.getlist("themes"))
            if readers.themes_of(self.context, themes) is None:
                return "", {"themes": NO_SUCH_THEME}
            readers.choose(self.context, token, name=form.get("name", ""), themes=themes, origin=origin)
            return "Your choices are saved.", {}
        if act in ("pause", "resume"):
            readers.pause(self.context, token, paused=act == "pause", origin=origin)
            return ("Paused. Nothing is sent until you resume." if act == "pause" else "Welcome back."), {}
        if act == "move":
            if not isinstance(parse_address(form.get("email", "")), Address):
                return "", {"email": "That is not an address: write it as name@example.org."}
            return "We have sent a mail to the new address. Open the link in it to confirm.", {}
        return "", {"form": "The form did not say what to do."}

    async def _erase(self, token: str, sure: str, origin: str) -> Response:
        if sure != "yes":
            return self._page("sure.html.j2", token=token)
        erased = await run_in_threadpool(readers.erase, self.context, token, origin=origin)
        return self._page("erased.html.j2") if erased else self._page("stale.html.j2", status=404)

    async def data(self, request: Request) -> Response:
        found = await run_in_threadpool(readers.personal_data, self.context, request.path_params["token"])
        if found is None:
            return self._page("stale.html.j2", status=404)
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"', **self._private()}
        body = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        return Response(body, media_type="application/json", headers=headers)

    # --- Helping ---

    async def failed(self, _request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        known = status if status in (404, 405) else 500
        return self._page("failed.html.j2", status=status, known=known)

    async def _form(self, request: Request) -> _Form:
        return _Form((await request.form(max_files=0, max_fields=60)).multi_items())

    def _later(self, act: Callable[..., object], email: str, *, name: str, themes: list[str], request: Request) -> Any:
        return BackgroundTask(act, self.context, email, name=name, themes=tuple(themes), origin=_origin(request))

    def _private(self) -> dict[str, str]:
        return {"X-Robots-Tag": "noindex, nofollow"}

    def _page(
        self, template: str, /, *, status: int = 200, background: BackgroundTask | None = None, **values: Any
    ) -> HTMLResponse:
        newsletter = self.context.settings.newsletter
        html = self._environment.get_template(template).render(
            newsletter=newsletter,
            all_themes=self.context.settings.themes,
            wording=wording(newsletter.title),
            honeypot=HONEYPOT,
            root=self.prefix,
            **values,
        )
        return HTMLResponse(html, status, self._private(), background=background)


class _Form:
    """The text fields of a form."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self._items = [(name, value) for name, value in items if isinstance(value, str)]

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self._items if key == name), default)

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._items if key == name]


def _origin(request: Request) -> str:
    return coarse_origin(request.client.host) if request.client else ""


def _touch(context: Context) -> None:
    with context.store.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
