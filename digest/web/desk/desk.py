"""What all pages of the desk share: settings, log-in, form tokens, background jobs, and how a page is rendered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest import __version__
from digest.errors import DigestError
from digest.settings import Settings
from digest.steps.context import Context
from digest.steps.editing.presence import Presence
from digest.steps.live_settings import LiveContext
from digest.steps.status import status
from digest.web import templating
from digest.web.caught_mail import CaughtMailbox
from digest.web.desk import formatting
from digest.web.desk.background_jobs import BackgroundJobs
from digest.web.desk.sending_progress import SendingProgress
from digest.web.desk.who.buttons import allowed_only
from digest.web.desk.who.oidc import WaitingTexts
from digest.web.desk.who.people import Person, Role
from digest.web.desk.who.who import Who
from digest.web.form_tokens import FormTokens
from digest.week import Week

_FLASH_SECONDS = 60
_FLASH_CHARACTERS = 600  # a cookie holds 4 kB


@dataclass(frozen=True)
class Desk:
    """One newsletter's desk. Its pages and forms are functions that take it first."""

    started_with: Context
    port: int
    editor: str  # who runs the desk: whom the audit trail names for whoever can read its terminal
    mailbox: CaughtMailbox | None = None
    send: Callable[[Context, Week], object] | None = None  # what "Send now" does; None is the send step itself
    jobs: BackgroundJobs = field(default_factory=BackgroundJobs)
    presence: Presence = field(default_factory=Presence)
    closing: Callable[[], bool] = lambda: False  # whether the server ends: open streams end with it
    prepares: bool = False  # whether an opened workbench makes ready for a change, in the background

    def __post_init__(self) -> None:
        _ = self.live  # from now on it follows the settings file

    @cached_property
    def live(self) -> LiveContext:
        return LiveContext(self.started_with)

    @property
    def context(self) -> Context:
        """The context, with the settings of digest.toml as it is now."""
        return self.live.context

    @property
    def settings(self) -> Settings:
        return self.context.settings

    @cached_property
    def progress(self) -> SendingProgress:
        return SendingProgress(lambda week: status(self.context, week))

    @cached_property
    def forms(self) -> FormTokens:
        return FormTokens(self.settings.secret_key, cookie=f"digest_visitor_{self.port}")

    @cached_property
    def who(self) -> Who:
        store, rule_now = self.context.store, lambda: self.settings.desk
        return Who(self.settings, store, port=self.port, editor=self.editor, rule_now=rule_now)

    @cached_property
    def waiting_texts(self) -> WaitingTexts:
        return WaitingTexts()

    @cached_property
    def environment(self) -> Environment:
        environment = templating.environment("desk")
        environment.filters |= formatting.filters(self.settings.newsletter.zone)
        environment.globals |= {"version": __version__, "desk": self}
        return environment

    def person(self, request: Request) -> Person | None:
        """Return who sends the request, as the guard has found out; None for nobody whom we know."""
        return getattr(request.state, "person", None)

    def editor_name(self, request: Request) -> str:
        """Return whom the audit trail names for this request; "" on pages that are open to everybody."""
        person = self.person(request)
        return person.name if person else ""

    def may(self, request: Request, role: Role) -> bool:
        person = self.person(request)
        return person is not None and person.role.includes(role)

    def page(
        self, request: Request, template: str, *, status: int = 200, error: DigestError | None = None, **values: Any
    ) -> Response:
        """Render a page. `error` says what did not work; `redirect` takes the message after success."""
        message, undo = self._flash(request)
        values = {"flash": message, "undo": undo} | values
        response = self.part(request, template, status=status, error=error, **values)
        if message:
            response.delete_cookie(self._flash_cookie)
        return response

    def part(
        self, request: Request, template: str, *, status: int = 200, error: DigestError | None = None, **values: Any
    ) -> Response:
        """Render a part of a page that shows no message: one that waits is left to the page."""
        visitor = self.forms.visitor(request)
        person = self.person(request)
        if "editable" in values and not self.may(request, Role.EDITOR):
            values["editable"] = False
        html = self.environment.get_template(template).render(
            request=request,
            newsletter=self.settings.newsletter,
            token=self.forms.token(visitor),
            error=error,
            editor=self.editor_name(request),
            person=person,
            may_edit=self.may(request, Role.EDITOR),
            may_approve=self.may(request, Role.APPROVER),
            **values,
        )
        response = HTMLResponse(html if person is None else allowed_only(html, person.role), status)
        self.forms.remember(request, response, visitor)
        return response

    def redirect(self, path: str, flash: str, *, undo: int = 0) -> Response:
        """Go to a page after a form was accepted. The page shows `flash` once, with a way to undo the change `undo`."""
        response = RedirectResponse(path, 303)
        if flash:
            signed = str(self._flash_signer.dumps([flash[:_FLASH_CHARACTERS], undo]))
            response.set_cookie(self._flash_cookie, signed, max_age=_FLASH_SECONDS, httponly=True, samesite="strict")
        return response

    @cached_property
    def _flash_signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.settings.secret_key, salt="desk flash")

    @property
    def _flash_cookie(self) -> str:
        return f"digest_flash_{self.port}"

    def _flash(self, request: Request) -> tuple[str, int]:
        """Return the message about the last change, and the change that its Undo takes back; 0 for none."""
        try:
            flash, undo = self._flash_signer.loads(request.cookies.get(self._flash_cookie, ""))
            return str(flash), int(undo)
        except (BadSignature, ValueError, TypeError):
            return "", 0
