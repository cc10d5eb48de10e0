"""The workbench's forms about a sending that is under way: pause it, let it go on."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.steps.sending.pause import pause, resume_sending
from digest.web.desk import sending_job
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import FormHandler, form_endpoint
from digest.web.desk.week_in_path import week_of


def routes(desk: Desk) -> list[BaseRoute]:
    forms: dict[str, FormHandler] = {"pause": _pause, "go-on": _go_on}
    return [
        Route(f"/editions/{{week}}/{verb}", form_endpoint(desk, handler), methods=["POST"])
        for verb, handler in forms.items()
    ]


def _pause(desk: Desk, request: Request, form: FormData) -> Response:
    changed = pause(desk.context, week_of(request), by=desk.editor_name(request))
    return answer(desk, request, form, "Paused: nothing more is sent for now." if changed else "It was paused already.")


def _go_on(desk: Desk, request: Request, form: FormData) -> Response:
    week = week_of(request)
    changed = resume_sending(desk.context, week, by=desk.editor_name(request))
    if changed:
        sending_job.start(desk, week, again=True)
    return answer(desk, request, form, "Sending goes on." if changed else "It was not paused.")
