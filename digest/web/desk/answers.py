"""How the desk answers a form that was accepted: with the parts of the page that have changed, or with all of it."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field, workbench_url
from digest.web.desk.parts_answer import parts_at_once, wants_parts
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench import show


def answer(desk: Desk, request: Request, form: FormData, flash: str, *, anchor: str = "", undo: int = 0) -> Response:
    """Show the workbench after a change, with `flash` as its message and `undo` as the change that Undo takes back.

    Without scripts, the browser is sent to the page, to `anchor` on it.
    """
    if wants_parts(request):
        week, opened = week_of(request), field(form, "open")
        at_once = parts_at_once(desk, request, week, opened=opened, flash=flash, undo=undo)
        return at_once or show(desk, request, week, opened=opened, flash=flash, undo=undo)
    return desk.redirect(workbench_url(request, form, anchor), flash, undo=undo)
