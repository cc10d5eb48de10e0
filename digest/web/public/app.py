"""The public pages: archive, subscribe, confirm, preferences, unsubscribe.

Looking never changes anything: link scanners and prefetchers only ever GET. Acting is a POST; whoever holds the token
in the address is taken for its subscriber, so no cookie is set and none is asked for. Answers are the same for
everybody, in the language that the request asks for; only who opens a link of their own gets theirs.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, overload
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from digest.errors import BusyError, StoreError
from digest.model import SubscriberStatus
from digest.steps.context import Context
from digest.steps.subscribers import change_address, own_link, subscribe
from digest.subscribers.consent import coarse_origin
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.preferences import masked
from digest.web.body_limit import BodyLimit
from digest.web.host_check import HostCheck
from digest.web.public.localised_pages import PRIVATE, PageRenderer
from digest.web.public.rate_limit import RateLimit
from digest.web.public.write_limiter import PATIENCE, RETRY_AFTER, WriteLimiter
from digest.web.security_headers import with_security_headers
from digest.words.language_tags import name_of, own_name_of
from digest.words.translations import Translations

LOG = logging.getLogger(__name__)

_HERE = Path(__file__).resolve().parent.parent
_MAX_BODY = 20_000  # bytes of a form; ours are far smaller
HONEYPOT = "website"


def create_app(
    context: Context, *, archive: Path | None = None, hosts: tuple[str, ...] = (), patience: float = PATIENCE
) -> Starlette:
    """The application.

    `archive` is the folder that `digest archive build` wrote; `hosts` are names it answers to beside its public one;
    `patience` is how many seconds a page waits for a store that somebody else holds.
    """
    pages = _Pages(context, patience)
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
            Middleware(BodyLimit, max_bytes=_MAX_BODY),
        ],
        exception_handlers={
            HTTPException: pages.failed,
            BusyError: pages.busy,
            StoreError: pages.busy,
            Exception: pages.failed,
        },
    )
    return with_security_headers(app, hsts=pages.secure)


class _Pages:
    def __init__(self, context: Context, patience: float) -> None:
        self._patient = context  # for what nobody waits for
        self.context = replace(context, store=context.store.with_lock_timeout(patience))
        self._writes = WriteLimiter(patience=patience)
        public = urlsplit(context.settings.newsletter.public_url)
        self.prefix = public.path.rstrip("/")
        self.secure = public.scheme == "https"
        self._asking = RateLimit(5, 3600)  # subscriptions and new addresses asked for from one network in an hour
        self._asked = RateLimit(120, 3600)  # and from everywhere: each one sends a mail
        self._renderer = PageRenderer(context.settings, root=self.prefix, honeypot=HONEYPOT)
        self._page = self._renderer.page

    # --- Coming ---

    async def front(self, _request: Request) -> Response:
        return RedirectResponse(f"{self.prefix}/archive/", 303)

    async def health(self, _request: Request) -> Response:
        await run_in_threadpool(_touch, self.context)
        return PlainTextResponse("ok\n")

    async def subscribe(self, request: Request) -> Response:
        if request.method != "POST":
            words = self._renderer.words(request)
            values: dict[str, Any] = {"email": "", "name": "", "chosen": (), "problems": {}}
            return self._page(request, "subscribe.html.j2", words, choice=True, **values)
        form = await self._form(request)
        words = self._renderer.words(request, form=form.get("language", ""))
        email, name, themes = form.get("email", ""), form.get("name", ""), form.getlist("themes")
        found = parse_address(email)
        # The same for everybody: only the form is looked at, not who is subscribed.
        problems = {} if isinstance(found, Address) else {"email": _why_no_address(email)}
        if own_link.themes_of(self.context, themes) is None:
            problems["themes"] = "no_such_theme"
        if problems or not isinstance(found, Address):
            values = {"email": email[:254], "name": name[:100], "chosen": themes}
            return self._page(request, "subscribe.html.j2", words, status=422, problems=problems, **values)
        if not (form.get(HONEYPOT) or self._may_ask(request)):
            return self._page(request, "later.html.j2", words, status=429)
        # The work is done after the answer: neither its words nor its time tell who is subscribed.
        task = self._writes.after_response(
            "A subscription that was asked for",
            subscribe.ask,
            self.context,
            email,
            self._renderer.catalogue,
            name=name,
            themes=tuple(themes),
            language=self._renderer.tag(words),
            origin=_origin(request),
        )
        background = None if form.get(HONEYPOT) else task
        return self._page(request, "asked.html.j2", words, background=background, email=found.email)

    def _may_ask(self, request: Request) -> bool:
        now = time.monotonic()
        return self._asking.allow(_origin(request), now) and self._asked.allow("", now)

    async def confirm(self, request: Request) -> Response:
        token = request.path_params["token"]
        words = await self._words(request, token)
        if request.method != "POST":
            if not await run_in_threadpool(subscribe.is_confirmable, self.context, token):
                return self._stale(request, words)
            latest = await run_in_threadpool(subscribe.latest_for_newcomers, self.context)
            return self._page(request, "confirm.html.j2", words, latest=bool(latest))
        form = await self._form(request)
        number = await self._writes.run(subscribe.confirm, self.context, token, words, origin=_origin(request))
        if number is None:
            return self._stale(request, words)
        wanted = form.get("latest")
        week = await self._writes.run(subscribe.queue_latest, self.context, number) if wanted else ""
        what = "A newcomer's latest edition"
        task = self._writes.after_response(what, subscribe.send_latest, self._patient, week) if week else None
        return self._page(request, "confirmed.html.j2", words, background=task, latest=bool(week))

    async def move(self, request: Request) -> Response:
        token = request.path_params["token"]
        words = await self._words(request, token)
        if request.method != "POST":
            works = await run_in_threadpool(change_address.is_movable, self.context, token)
            return self._page(request, "move.html.j2", words) if works else self._stale(request, words)
        moved = await self._writes.run(change_address.move, self.context, token, origin=_origin(request))
        return self._page(request, "moved.html.j2", words) if moved else self._stale(request, words)

    # --- Leaving ---

    async def unsubscribe(self, request: Request) -> Response:
        token = request.path_params["token"]
        words = await self._words(request, token)
        if request.method != "POST":
            if not own_link.may_unsubscribe(self.context, token):
                return self._stale(request, words)
            return self._page(request, "unsubscribe.html.j2", words)
        form = await self._form(request)
        one_click = form.get("List-Unsubscribe") == "One-Click"
        request.state.one_click = one_click
        if form.get("act") == "back":
            if await self._writes.run(subscribe.come_back, self.context, token, words, origin=_origin(request)):
                return self._page(request, "back.html.j2", words)
            return self._stale(request, words)
        how = "one click (RFC 8058)" if one_click else "unsubscribe page"
        left = await self._writes.run(own_link.unsubscribe, self.context, token, how=how, origin=_origin(request))
        if one_click:
            return PlainTextResponse("You are unsubscribed.\n" if left else "No such link.\n", 200 if left else 404)
        return self._page(request, "left.html.j2", words) if left else self._stale(request, words)

    # --- Choosing ---

    async def preferences(self, request: Request) -> Response:
        token = request.path_params["token"]
        said, problems, task = "", dict[str, str](), None
        if request.method == "POST":
            form = await self._form(request)
            act, origin = form.get("act", ""), _origin(request)
            if act == "erase":
                return await self._erase(request, token, form.get("sure", ""), origin)
            if act == "move" and not self._may_ask(request):
                return self._page(request, "later.html.j2", await self._words(request, token), status=429)
            said, problems = await self._writes.run(self._change, token, act, form, origin)
            if act == "move" and not problems:
                # After the answer, as with a subscription: its time does not tell whose address it is.
                asked = (self.context, token, form.get("email", ""), self._renderer.catalogue)
                what = "A new address that was asked for"
                task = self._writes.after_response(what, change_address.ask_to_move, *asked, origin=origin)
        words = await self._words(request, token)
        found = await run_in_threadpool(own_link.preferences, self.context, token)
        if found is None:
            return self._stale(request, words)
        return self._page(
            request,
            "preferences.html.j2",
            words,
            status=422 if problems else 200,
            background=task,
            token=token,
            subscriber=found,
            masked=masked(found.email),
            languages=self._languages(found.language),
            newsletters=name_of(self._renderer.own.split("-")[0], words.language),
            statuses=SubscriberStatus,
            said=said,
            problems=problems,
        )

    def _languages(self, now: str) -> list[tuple[str, str]]:
        """Those that a subscriber who has `now` may choose, each with its name in itself."""
        known = own_link.languages(self.context)
        tags = known if now in ("", *known) else (*known, now)
        return sorted(((tag, own_name_of(tag)) for tag in tags), key=lambda pair: pair[1].casefold())

    def _change(self, token: str, act: str, form: _Form, origin: str) -> tuple[str, dict[str, str]]:
        """Do what the form asks; returns what to say, or what is wrong with which field ("form": with all of it)."""
        if act == "save":
            themes, language = tuple(form.getlist("themes")), form.get("language", None)
            if own_link.themes_of(self.context, themes) is None:
                return "", {"themes": "no_such_theme"}
            if language is not None and not own_link.may_choose(self.context, token, language):
                return "", {"language": "no_such_language"}
            name = form.get("name", "")
            own_link.choose(self.context, token, name=name, themes=themes, language=language, origin=origin)
            return "saved", {}
        if act in ("pause", "resume"):
            own_link.pause(self.context, token, paused=act == "pause", origin=origin)
            return ("paused" if act == "pause" else "resumed"), {}
        if act == "move":
            email = form.get("email", "")
            if not isinstance(parse_address(email), Address):
                return "", {"email": _why_no_address(email)}
            return "move_asked", {}
        return "", {"form": "form_said_nothing"}

    async def _erase(self, request: Request, token: str, sure: str, origin: str) -> Response:
        words = await self._words(request, token)
        if sure != "yes":
            return self._page(request, "sure.html.j2", words, token=token)
        erased = await self._writes.run(own_link.erase, self.context, token, origin=origin)
        return self._page(request, "erased.html.j2", words) if erased else self._stale(request, words)

    async def data(self, request: Request) -> Response:
        token = request.path_params["token"]
        found = await run_in_threadpool(own_link.personal_data, self.context, token)
        if found is None:
            return self._stale(request, await self._words(request, token))
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"', **PRIVATE}
        body = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        return Response(body, media_type="application/json", headers=headers)

    # --- Helping ---

    async def failed(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        words = self._renderer.words(request)  # the store may be what failed
        choice = request.method == "GET"
        return self._page(request, "failed.html.j2", words, status=status, choice=choice, code=status)

    async def busy(self, request: Request, error: Exception) -> Response:
        """The store is locked, or fails: nothing was changed, and whoever asks again may be luckier."""
        LOG.warning("A page was answered with 503: %s", error.args[0])
        headers = {"Retry-After": str(RETRY_AFTER)}
        if getattr(request.state, "one_click", False):
            return PlainTextResponse("We are busy: you are still subscribed. Try again in a minute.\n", 503, headers)
        response = self._page(request, "failed.html.j2", self._renderer.words(request), status=503, code=503)
        response.headers.update(headers)
        return response

    def _stale(self, request: Request, words: Translations) -> Response:
        return self._page(request, "stale.html.j2", words, status=404)

    async def _words(self, request: Request, token: str) -> Translations:
        """The words for who opens a link of their own."""
        own = await run_in_threadpool(own_link.language_of, self.context, token)
        return self._renderer.words(request, own=own)

    async def _form(self, request: Request) -> _Form:
        return _Form((await request.form(max_files=0, max_fields=60)).multi_items())


class _Form:
    """The text fields of a form."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self._items = [(name, value) for name, value in items if isinstance(value, str)]

    @overload
    def get(self, name: str, default: str = "") -> str: ...

    @overload
    def get(self, name: str, default: None) -> str | None: ...

    def get(self, name: str, default: str | None = "") -> str | None:
        return next((value for key, value in self._items if key == name), default)

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._items if key == name]


def _why_no_address(text: str) -> str:
    """What is wrong with it, as the pages' words know it."""
    _, at, domain = text.strip().rpartition("@")
    if not at:
        return "address_without_at"
    return "address_before_at" if isinstance(parse_address(f"a@{domain}"), Address) else "address_after_at"


def _origin(request: Request) -> str:
    return coarse_origin(request.client.host) if request.client else ""


def _touch(context: Context) -> None:
    with context.store.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
