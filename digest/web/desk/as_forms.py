"""The workbench's form "As subscriber": the address goes in the form's body, and the page's URL has a number for it."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.steps.editing.as_subscriber import as_subscriber, number_of
from digest.steps.editing.edition_view import load
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field, form_endpoint, workbench_url
from digest.web.desk.parts_answer import PARTS_HEADER, wants_parts
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench_values import mail_values


def routes(desk: Desk) -> list[BaseRoute]:
    return [Route("/editions/{week}/as", form_endpoint(desk, _as), methods=["POST"])]


def _as(desk: Desk, request: Request, form: FormData) -> Response:
    week, email = week_of(request), field(form, "as").strip()
    number = str(number_of(desk.context, email)) if email else ""
    if number:
        as_subscriber(desk.context, week, int(number))  # says why, where they get nothing
    if not wants_parts(request):
        url = workbench_url(request, form)
        there = f"{url}{'&' if '?' in url else '?'}as={number}" if number else url
        return desk.redirect(f"{there}#mail", "")
    view = load(desk.context, week)
    values: dict[str, Any] = {"week": week, "opened": field(form, "open"), "view": view, "typed": {}}
    values |= mail_values(desk, request, view, number)
    response = desk.part(request, "workbench/_mail_part.html.j2", **values)
    response.headers[PARTS_HEADER] = "1"
    return response
