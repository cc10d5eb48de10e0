"""The editor's desk as an ASGI application.

SecurityHeaders ─▶ GZip ─▶ HostCheck ─▶ BodyLimit ─▶ FromElsewhere ─▶ LoginGuard ─▶ pages and forms ─▶ steps
"""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from digest.errors import ApprovalError, BusyError, DigestError, MailServerError, UsageError
from digest.steps.context import Context
from digest.steps.picture_files import pictures_folder
from digest.web import monitoring
from digest.web.body_limit import BodyLimit
from digest.web.caught_mail import CaughtMailbox
from digest.web.desk import (
    approval_forms,
    arrange_forms,
    as_forms,
    deliveries,
    edition_forms,
    favicon,
    history_page,
    learned,
    mail_views,
    mailbox,
    overview,
    post_forms,
    progress_page,
    report_page,
    search,
    sending_forms,
    source_forms,
    sources,
    subscribers,
    suggestions,
    typed_text,
    words_forms,
    workbench,
)
from digest.web.desk.desk import Desk
from digest.web.desk.from_elsewhere import FromElsewhere
from digest.web.desk.page_forms import LARGEST_FORM
from digest.web.desk.who import login_pages, oidc_pages
from digest.web.desk.who.guard import LoginGuard
from digest.web.host_check import HostCheck
from digest.web.security_headers import with_security_headers
from digest.web.served_files import ServedFiles
from digest.week import Week

_COMPRESSED_FROM = 2_000  # bytes
_LEVEL = 4  # of 9: a page of 500 posts takes a few milliseconds
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def create_app(
    context: Context,
    *,
    port: int,
    mailbox_folder: Path | None = None,
    editor: str = "",
    hosts: Iterable[str] = (),
    send: Callable[[Context, Week], object] | None = None,
    closing: Callable[[], bool] = lambda: False,
    prepares: bool = False,
) -> Starlette:
    """Return the desk of one newsletter.

    `mailbox_folder` is where an embedded mail catcher keeps its mail. `hosts` are the names besides loopback's that the
    desk answers to. `editor` names who runs it. `send` is what "Send now" calls, in a thread, instead
    of the send step. `closing` says whether the server ends. With `prepares`, an opened
    workbench makes ready for a change, in the background.
    """
    caught = None if mailbox_folder is None else CaughtMailbox(mailbox_folder)
    desk = Desk(context, port, editor or _system_user(), caught, send, closing=closing, prepares=prepares)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        desk.jobs.finish()

    app = Starlette(
        routes=_routes(desk),
        middleware=[
            # Pages hold the visitor's token, and compressing a secret can tell it (BREACH). Here it cannot: its cookie
            # is SameSite=Strict, so a request that another site starts gets a page with another token each time.
            Middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM, compresslevel=_LEVEL),
            Middleware(HostCheck, hosts={*LOOPBACK, *hosts, *_own_host(desk)}, open_paths=monitoring.PATHS),
            Middleware(BodyLimit, larger={"/sources/import": LARGEST_FORM}),
            Middleware(FromElsewhere),
            Middleware(LoginGuard, desk=desk),
        ],
        exception_handlers={
            DigestError: _error_page(desk),
            HTTPException: _error_page(desk),
            Exception: _error_page(desk),
        },
        lifespan=lifespan,
    )
    app.state.desk = desk
    app.state.who = desk.who  # by the settings that it starts with
    return with_security_headers(app)


def _own_host(desk: Desk) -> list[str]:
    """Return the host of `[desk] address`: a proxy may hand on the name that people typed."""
    host = urlsplit(desk.settings.desk.address).hostname
    return [host] if host else []


def _routes(desk: Desk) -> list[BaseRoute]:
    pages = (
        overview,
        login_pages,
        oidc_pages,
        favicon,
        mailbox,
        mail_views,
        deliveries,
        history_page,
        workbench,
        report_page,
    )
    forms = (post_forms, arrange_forms, words_forms, typed_text, approval_forms, edition_forms, as_forms)
    sending = (sending_forms, progress_page)
    around = (source_forms, sources, subscribers, learned, search, suggestions)
    static = Mount("/static", _Static(packages=[("digest.web", "static")]), name="static")
    pictures = Mount("/archive/images", ServedFiles(pictures_folder(desk.settings)), name="pictures")
    probes = monitoring.routes(lambda: desk.context)
    routes = [route for page in (*pages, *forms, *sending, *around) for route in page.routes(desk)]
    return [*probes, *routes, static, pictures]


class _Static(StaticFiles):
    """Sheets and scripts: kept by the browser, which asks each time whether they have changed."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "the desk"


_STATUS: tuple[tuple[type[DigestError], int], ...] = (
    (ApprovalError, 409),
    (BusyError, 409),
    (MailServerError, 502),
    (UsageError, 404),
)
_HTTP_ERRORS = {404: "There is no such page.", 405: "This page does not support that method."}


def _error_page(desk: Desk) -> Callable[[Request, Exception], Response]:
    """Return the handler that shows an error as a page, with what to do."""

    def page(request: Request, error: Exception) -> Response:
        if isinstance(error, DigestError):
            status, problem = next((code for kind, code in _STATUS if isinstance(error, kind)), 500), error
        elif isinstance(error, HTTPException):
            what = _HTTP_ERRORS.get(error.status_code, error.detail)
            status, problem = error.status_code, DigestError(what, "Go back to the list of editions.")
        else:
            status, problem = 500, DigestError("Something unexpected happened.", "See the log. Nothing was changed.")
        return desk.page(request, "error.html.j2", status=status, error=problem)

    return page
