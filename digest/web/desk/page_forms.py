"""Forms of pages that belong to no edition: check the token, call the handler; after an error show the page again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from digest.errors import ApprovalError, BusyError, DigestError
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import FormHandler, field

LARGEST_FORM = 6_000_000
"""Bytes: a list of feeds (5 MB), and the other fields."""


class Again(Protocol):
    """Shows the page of a form again, with what was typed and what is wrong."""

    def __call__(
        self, desk: Desk, request: Request, form: FormData, *, status: int, error: DigestError
    ) -> Response: ...


def page_form(desk: Desk, handler: FormHandler, again: Again) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a form, which calls `handler` in a thread."""

    async def endpoint(request: Request) -> Response:
        form = await request.form(max_files=1, max_fields=50, max_part_size=LARGEST_FORM)
        return await run_in_threadpool(_handle, desk, handler, again, request, form)

    return endpoint


def _handle(desk: Desk, handler: FormHandler, again: Again, request: Request, form: FormData) -> Response:
    if not desk.forms.is_genuine(request, field(form, "token")):
        expired = ApprovalError("This form has expired. Nothing was changed.", "Send it again from this page.")
        return again(desk, request, form, status=403, error=expired)
    try:
        return handler(desk, request, form)
    except DigestError as error:
        return again(desk, request, form, status=409 if isinstance(error, BusyError) else 422, error=error)
