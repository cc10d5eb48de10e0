""" "Suggest another": other extracts of a post in its panel, each with its reason; one click takes one."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.editing.change import Change, Verb
from digest.edition.editing.sentence_choice import parse_spans
from digest.steps.editing.changes import change
from digest.steps.editing.suggest_extracts import suggest_extracts
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field, form_endpoint
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench import show


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        return _suggest(desk, request, FormData())

    # A form asks for them, so that what was typed in other boxes is carried along. The address can be opened as well.
    return [
        Route("/editions/{week}/suggestions/{post}", page),
        Route("/editions/{week}/suggestions/{post}", form_endpoint(desk, _suggest), methods=["POST"]),
        Route("/editions/{week}/extracts/{post}", form_endpoint(desk, _take), methods=["POST"]),
    ]


def _suggest(desk: Desk, request: Request, _form: FormData) -> Response:
    week, post = week_of(request), request.path_params["post"]
    return show(desk, request, week, opened=post, suggestions=suggest_extracts(desk.context, week, post))


def _take(desk: Desk, request: Request, form: FormData) -> Response:
    week, post = week_of(request), request.path_params["post"]
    spans = parse_spans(request.query_params.get("spans", "")[:_LONGEST].split("."))
    intent = Change(Verb.SENTENCES, post, spans=spans)
    made = change(desk.context, week, intent, by=desk.editor_name(request), marks=field(form, "seen"))
    return answer(desk, request, form, made.sentence, anchor=f"post-{post}", undo=made.id)


_LONGEST = 500  # characters of spans
