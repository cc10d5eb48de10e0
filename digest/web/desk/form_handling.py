"""How the desk handles a form: check its token, call its handler, and after an error show the workbench again.

Whatever the form carries of the page's text boxes is saved as a draft first, so that no button loses what was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from digest.errors import ApprovalError, DigestError
from digest.steps.editing.edition_view import load_edition
from digest.text import without_controls
from digest.web.desk import first_change
from digest.web.desk.desk import Desk
from digest.web.desk.parts_answer import wants_parts
from digest.web.desk.typed_text import carry, settle, typed_in
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench import show

FormHandler = Callable[[Desk, Request, FormData], Response]
_SMALL = (
    "address",
    "test_note",
    "test_as",
    "test_monthly",
    "as",
    "skip_reason",
    "at",
    "drop_reason",
    "alt",
)  # other fields that are shown again after an error


def form_endpoint(desk: Desk, handler: FormHandler) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a form, which calls `handler` in a thread."""

    async def endpoint(request: Request) -> Response:
        form = await request.form(max_files=0)
        return await run_in_threadpool(_handle, desk, handler, request, form)

    return endpoint


def _handle(desk: Desk, handler: FormHandler, request: Request, form: FormData) -> Response:
    week = week_of(request)
    opened = field(form, "open") or ("" if wants_parts(request) else request.path_params.get("post", ""))
    typed = typed_in(form) | {name: field(form, name) for name in _SMALL if name in form}
    if not desk.forms.is_genuine(request, field(form, "token")):
        expired = ApprovalError("This form has expired. Nothing was changed.", "Send it again from this page.")
        return show(desk, request, week, status=403, error=expired, opened=opened, typed=typed)
    carry(desk, request, form)
    first_change.wait(desk, week)
    try:
        response = handler(desk, request, form)
    except DigestError as error:
        load_edition(desk.context, week)  # raises if there is no such edition
        sheet = sheet_of(request)
        return show(desk, request, week, status=409, error=error, opened=opened, typed=typed, form=form, sheet=sheet)
    settle(desk, request, form)
    return response


def sheet_of(request: Request) -> str:
    """Return the sheet of the page that a form stands in: it is open again after an error."""
    return "approve" if request.url.path.rpartition("/")[2] in _IN_APPROVE_SHEET else ""


_IN_APPROVE_SHEET = ("approve", "schedule", "skip", "test", "hold", "send", "take-back", "resume")


def field(form: FormData, name: str) -> str:
    """Return a text field of the form without control characters; "" if it is absent or a file."""
    value = form.get(name, "")
    return without_controls(value) if isinstance(value, str) else ""


def workbench_url(request: Request, form: FormData, anchor: str = "") -> str:
    """Return the workbench's URL, with the view and the open post that the form came from."""
    parameters = (("view", field(form, "view")), ("post", field(form, "open")))
    query = "&".join(f"{key}={value}" for key, value in parameters if value.replace("-", "").isalnum())
    return f"/editions/{week_of(request)}{'?' + query if query else ''}{'#' + anchor if anchor else ''}"
