"""The workbench's forms about one post: from the fields of a form to a change of the edition."""

from __future__ import annotations

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.editing.change import Change, Verb
from digest.edition.editing.decide import POST_VERBS
from digest.edition.editing.sentence_choice import parse_spans
from digest.errors import UsageError
from digest.steps.editing.changes import change
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field, form_endpoint
from digest.web.desk.week_in_path import week_of

_TEXTS = {Verb.DROP: "reason", Verb.TITLE: "title", Verb.NOTE: "note", Verb.ALT: "alt"}
_OUT = (Verb.DROP, Verb.HOLD)


def routes(desk: Desk) -> list[BaseRoute]:
    return [Route("/editions/{week}/posts/{post}/{verb}", form_endpoint(desk, _change_post), methods=["POST"])]


def _change_post(desk: Desk, request: Request, form: FormData) -> Response:
    week, post, verb = week_of(request), request.path_params["post"], request.path_params["verb"]
    if verb not in {each.value for each in POST_VERBS}:
        raise UsageError(f"The desk has no form {verb!r}.", "Go back to the edition.")
    intent = change_of(Verb(verb), post, form)
    made = change(desk.context, week, intent, by=desk.editor_name(request), marks=field(form, "seen"))
    anchor = "outline" if intent.verb in _OUT else f"post-{post}"
    return answer(desk, request, form, made.sentence, anchor=anchor, undo=made.id)


def _text(verb: Verb, post: str, form: FormData) -> str:
    """Return the text that a change needs. The box for a reason belongs to the post that is open."""
    text = field(form, _TEXTS[verb]) if verb in _TEXTS else ""
    if verb is Verb.DROP and not text and field(form, "open") == post:
        return field(form, "drop_reason")
    return text


def change_of(verb: Verb, post: str, form: FormData) -> Change:
    """Return the change that a form about a post asks for."""
    ticked = [value for value in form.getlist("sentence") if isinstance(value, str)]
    theme, place = field(form, "theme"), field(form, "place")
    if verb is Verb.MOVE and field(form, "to"):  # "THEME:PLACE", or "THEME:" for the place that the ranking gives
        theme, _, place = field(form, "to").partition(":")
        verb = Verb.PLACE if place else Verb.MOVE
    return Change(
        verb,
        post,
        text=_text(verb, post, form),
        theme=theme,
        place=int(place) if re.fullmatch("[0-9]{1,4}", place) else 0,
        before=field(form, "before"),
        spans=parse_spans(ticked),
    )
