"""The editor's desk as an ASGI application: its pages, its forms, and what stands in front of them.

SecurityHeaders ─▶ HostCheck ─▶ BodyLimit ─▶ log-in ─▶ pages and forms ─▶ steps
"""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from digest.errors import ApprovalError, BusyError, DigestError, MailServerError, UsageError
from digest.steps.context import Context
from digest.web.desk import actions, deliveries, login_guard, mail_views, mailbox, overview, workbench
from digest.web.desk.desk import Desk, mailbox_at
from digest.web.security import BodyLimit, HostCheck, wrapped

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def create_app(
    context: Context,
    *,
    port: int,
    mailbox_folder: Path | None = None,
    editor: str = "",
    password: str = "",
    hosts: Iterable[str] = (),
    send: Callable[[Context, str], object] | None = None,
) -> Starlette:
    """The desk of one newsletter.

    `mailbox_folder` is where an embedded catcher keeps what it got; `hosts` are names besides loopback's under which
    the desk may be asked for; `password`, where there is one, must be known by whoever comes in; `send` is what "Send
    now" does, in a thread, where it is not the send step itself.
    """
    desk = Desk(context, port, editor or _at_the_keyboard(), mailbox_at(mailbox_folder), password, send)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        desk.jobs.finish()

    app = Starlette(
        routes=[
            *overview.routes(desk),
            *login_guard.routes(desk),
            *mailbox.routes(desk),
            *mail_views.routes(desk),
            *deliveries.routes(desk),
            *workbench.routes(desk),
            *actions.routes(desk),
            Mount("/static", StaticFiles(packages=[("digest.web", "static")]), name="static"),
        ],
        middleware=[
            Middleware(HostCheck, hosts={*LOOPBACK, *hosts}),
            Middleware(BodyLimit),
            Middleware(login_guard.LoginGuard, desk=desk),
        ],
        lifespan=lifespan,
    )
    app.add_exception_handler(DigestError, _refused(desk))
    app.add_exception_handler(HTTPException, _refused(desk))
    app.add_exception_handler(Exception, _refused(desk))
    return wrapped(app)


def _at_the_keyboard() -> str:
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


def _refused(desk: Desk) -> Callable[[Request, Exception], Response]:
    """Errors as pages that say what to do."""

    def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            said = {404: "There is no such page.", 405: "That page does not work this way."}
            shown = DigestError(said.get(error.status_code, error.detail), "Go back to the list of editions.")
            return desk.page(request, "error.html.j2", status=error.status_code, error=shown)
        if isinstance(error, DigestError):
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
            return desk.page(request, "error.html.j2", status=status, error=error)
        shown = DigestError("Something unexpected happened at the desk.", "The log says what. Nothing was changed.")
        return desk.page(request, "error.html.j2", status=500, error=shown)

    return answer
