"""The public pages as an ASGI application: front page, archive, subscribe, confirm, preferences, unsubscribe, webhooks.

    SecurityHeaders ─▶ HostCheck ─▶ BodyLimit ─▶ ResultPages ─▶ pages ─▶ steps

A GET never changes anything: link scanners and prefetchers send only GETs. A POST acts. Whoever holds the token in a
URL is taken for its subscriber, so no cookie is set and none is asked for. Responses are the same for everybody, in the
language of the request; only a subscriber's own link shows their language.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.steps.context import Context
from digest.steps.picture_files import FOLDER, pictures_folder
from digest.steps.subscribers.webhooks.sns_certificates import Fetch
from digest.web import monitoring
from digest.web.body_limit import BodyLimit
from digest.web.host_check import HostCheck
from digest.web.public import (
    bounce_webhooks,
    by_mail_pages,
    change_address_page,
    error_pages,
    front_pages,
    own_link_page,
    preferences_pages,
    subscribe_pages,
    unsubscribe_page,
)
from digest.web.public.forwarded import UnnamedProxyWarning
from digest.web.public.request_pace import RequestPace
from digest.web.public.result_pages import ResultPages
from digest.web.public.site import PublicSite
from digest.web.public.write_limiter import PATIENCE
from digest.web.reader_pages import picture_origins, shared_files
from digest.web.security_headers import page_policy, with_security_headers
from digest.web.served_files import ServedFiles

_PAGES = (
    front_pages,
    subscribe_pages,
    change_address_page,
    by_mail_pages,
    unsubscribe_page,
    own_link_page,
    preferences_pages,
)
_MAX_BODY = 20_000  # bytes of a form; ours are far smaller


def create_app(
    context: Context,
    *,
    archive: Path | None = None,
    hosts: tuple[str, ...] = (),
    patience: float = PATIENCE,
    fetch: Fetch | None = None,
    pace: RequestPace | None = None,
    hesitation: Callable[[], float] | None = None,
) -> Starlette:
    """Return the application.

    `archive` is the folder that `digest archive build` wrote. `hosts` are names that it answers to besides its public
    one. `patience` is how many seconds a page waits for a store that another program has locked. `fetch` gets what
    Amazon SNS has at a URL; None is from Amazon itself. `pace` slows down who asks for many mails, and
    `hesitation` gives the seconds before work that only subscribers make.
    """
    site = PublicSite(context, patience, pace, hesitation)
    counter = bounce_webhooks.BounceCounter(site)
    takes_reports = bool(context.settings.bounces.webhooks)
    folder = archive or context.settings.archive_folder
    archive_files = ServedFiles(folder, made=shared_files(site.design))
    # Pictures are there before their edition is: the folder that another archive is built into has them later.
    elsewhere = folder.resolve() != context.settings.archive_folder.resolve()
    own = ServedFiles(pictures_folder(context.settings))
    pictures = [Mount("/archive/images", _either(own, ServedFiles(folder / FOLDER)))] if elsewhere else []
    routes: list[BaseRoute] = [
        *_basic_routes(site, archive_files),
        *(route for pages in _PAGES for route in pages.routes(site)),
        *bounce_webhooks.routes(site, counter, fetch),
        *pictures,
        Mount("/archive", archive_files),
    ]
    if site.prefix:  # a proxy may take the prefix away, or not
        routes = [Mount(site.prefix, Router(routes, redirect_slashes=False)), *routes]
    public = urlsplit(context.settings.newsletter.public_url)
    names = {"127.0.0.1", "localhost", "::1", *hosts, *([public.hostname] if public.hostname else [])}
    prefixes = ("", site.prefix) if takes_reports else ()
    larger = {f"{prefix}{bounce_webhooks.PATH}": bounce_webhooks.MOST_BYTES for prefix in prefixes}

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        counting = asyncio.create_task(counter()) if takes_reports else None
        yield
        if counting is not None:
            counting.cancel()

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(UnnamedProxyWarning),
            Middleware(
                HostCheck,
                hosts=names,
                open_paths={f"{prefix}{path}" for prefix in ("", site.prefix) for path in monitoring.PATHS},
            ),
            Middleware(BodyLimit, max_bytes=_MAX_BODY, larger=larger),
            Middleware(ResultPages),
        ],
        exception_handlers=error_pages.handlers(site),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it redirects to http:// behind a proxy that does not say what it speaks
    return with_security_headers(app, hsts=site.is_https, policy=page_policy(images=picture_origins(site.design)))


def _either(first: ASGIApp, second: ASGIApp) -> ASGIApp:
    """Return an application that serves what the first has, else what the second has."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await first(scope, receive, send)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            await second(scope, receive, send)

    return app


def _basic_routes(site: PublicSite, archive_files: ServedFiles) -> list[BaseRoute]:
    async def archive(_request: Request) -> Response:
        return RedirectResponse("archive/", 301, {"Cache-Control": "public, max-age=60"})  # relative: see ServedFiles

    return [
        Route("/archive", archive),
        Route("/favicon.ico", archive_files.endpoint("icon.svg")),  # what asks for it reads SVG, or does without
        Route("/robots.txt", archive_files.endpoint("robots.txt")),
        *monitoring.routes(lambda: site.context),
    ]
