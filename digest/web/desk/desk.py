"""The desk itself: what its pages share, and how a page is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest import __version__
from digest.errors import DigestError
from digest.settings import Settings
from digest.steps.context import Context
from digest.web import templating
from digest.web.caught_mail import CaughtMailbox
from digest.web.desk import formatting
from digest.web.desk.background_jobs import Jobs
from digest.web.desk.login import Login
from digest.web.security import FormTokens


@dataclass(frozen=True)
class Desk:
    """One newsletter's desk. Every page is drawn, and every form taken, through it."""

    context: Context
    port: int
    editor: str  # whom the audit trail names where nobody has to log in
    mailbox: CaughtMailbox | None = None
    password: str = ""  # "" asks for none
    send: Callable[[Context, str], object] | None = None  # what "Send now" does; None is the send step itself
    jobs: Jobs = field(default_factory=Jobs)

    @property
    def settings(self) -> Settings:
        return self.context.settings

    @cached_property
    def forms(self) -> FormTokens:
        return FormTokens(self.settings.secret_key, cookie=f"digest_visitor_{self.port}")

    @cached_property
    def login(self) -> Login:
        return Login(self.settings.secret_key, self.password, cookie=f"digest_desk_{self.port}")

    @cached_property
    def _notes(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.settings.secret_key, salt="desk notes")

    @property
    def _note_cookie(self) -> str:
        return f"digest_note_{self.port}"

    @cached_property
    def environment(self) -> Environment:
        environment = templating.environment("desk")
        environment.filters |= formatting.filters(self.settings.newsletter.zone)
        environment.globals |= {"newsletter": self.settings.newsletter, "version": __version__, "desk": self}
        return environment

    def who(self, request: Request) -> str:
        """Whom the audit trail names."""
        return self.login.name(request) or self.editor

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        note: str = "",
        error: DigestError | None = None,
        **values: Any,
    ) -> Response:
        """A page of the desk. `note` says what was done, `error` what could not be."""
        visitor = self.forms.visitor(request)
        kept = "" if note else self._kept_note(request)
        html = self.environment.get_template(template).render(
            request=request,
            token=self.forms.token(visitor),
            note=note or kept,
            error=error,
            editor=self.who(request),
            logged_in=bool(self.password),
            **values,
        )
        response = HTMLResponse(html, status)
        self.forms.remember(request, response, visitor)
        if kept:
            response.delete_cookie(self._note_cookie)
        return response

    def back(self, address: str, note: str) -> Response:
        """To a page after a form was taken; the note is shown there once."""
        response = RedirectResponse(address, 303)
        if note:
            signed = str(self._notes.dumps(note[:600]))
            response.set_cookie(self._note_cookie, signed, max_age=60, httponly=True, samesite="strict")
        return response

    def _kept_note(self, request: Request) -> str:
        try:
            return str(self._notes.loads(request.cookies.get(self._note_cookie, "")))
        except BadSignature:
            return ""


def mailbox_at(folder: Path | None) -> CaughtMailbox | None:
    return None if folder is None else CaughtMailbox(folder)
