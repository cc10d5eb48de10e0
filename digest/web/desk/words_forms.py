"""The workbench's forms for what the editor writes: put into the edition, thrown away, or put over somebody else's."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.editing.change import Change, Verb
from digest.errors import ClashError, UsageError
from digest.model import TypedField
from digest.steps.editing import drafts
from digest.steps.editing.changes import Made, change
from digest.steps.editing.edition_view import load_edition
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import FormHandler, field, form_endpoint
from digest.web.desk.text_boxes import TextBox
from digest.web.desk.typed_text import boxes
from digest.web.desk.week_in_path import week_of

WORDS = (TypedField.SUBJECT, TypedField.PREHEADER, TypedField.INTRODUCTION)


def routes(desk: Desk) -> list[BaseRoute]:
    handlers: dict[str, FormHandler] = {
        "words": _words,
        "fill": _fill,
        "overrule": _overrule,
        "discard": _discard,
        "look": _look,
    }
    handlers |= {name.value: _one(name) for name in WORDS}
    return [
        Route(f"/editions/{{week}}/{verb}", form_endpoint(desk, handler), methods=["POST"])
        for verb, handler in handlers.items()
    ]


def _one(name: TypedField) -> FormHandler:
    def handler(desk: Desk, request: Request, form: FormData) -> Response:
        made = _apply(desk, request, name, "", field(form, name), field(form, "seen") or field(form, f"mark-{name}"))
        return answer(desk, request, form, made.sentence, anchor="words", undo=made.id)

    return handler


def _words(desk: Desk, request: Request, form: FormData) -> Response:
    """Apply all that was typed. After a clash in one field, the others are applied all the same."""
    sentences, number, clash = [], 0, None
    for name in (each for each in WORDS if each.value in form):
        try:
            made = _apply(desk, request, name, "", field(form, name), field(form, f"mark-{name}"))
            sentences += [made.sentence] if made.id else []
            number = made.id or number
        except ClashError as error:
            clash = error
    if clash is not None:
        raise clash
    flash = " ".join(sentences) or "The mail shows everything that you wrote."
    return answer(desk, request, form, flash, anchor="words", undo=number if len(sentences) == 1 else 0)


def _apply(desk: Desk, request: Request, name: TypedField, post: str, text: str, marks: str) -> Made:
    """Put a text into the edition. Its draft is no longer needed. Raises ClashError if somebody else was quicker."""
    week, by = week_of(request), desk.editor_name(request)
    intent = Change(Verb(name.value), post, text=drafts.normal(text, name))
    made = change(desk.context, week, intent, by=by, marks=marks)
    drafts.discard(desk.context, week, by=by, field=name, post=post)
    return made


def _fill(desk: Desk, request: Request, form: FormData) -> Response:
    """Put a suggestion into its box."""
    name = next((each for each in WORDS if f"fill-{each}" in form), None)
    if name is None:
        raise UsageError("There is no suggestion in this form.", "Choose one of those on the page.")
    made = _apply(desk, request, name, "", field(form, f"fill-{name}"), field(form, f"mark-{name}"))
    return answer(desk, request, form, made.sentence, anchor="words", undo=made.id)


def _overrule(desk: Desk, request: Request, form: FormData) -> Response:
    """Put the writer's text into the edition, whatever somebody else wrote there meanwhile."""
    box = _named(desk, request, form)
    text = field(form, box.name) if box.name in form else box.text
    made = _apply(desk, request, TypedField(box.name), box.post, text, box.present_mark)
    return answer(desk, request, form, made.sentence, anchor="words", undo=made.id)


def _discard(desk: Desk, request: Request, form: FormData) -> Response:
    """Throw away what was typed in one box."""
    box = _named(desk, request, form)
    drafts.discard(desk.context, week_of(request), by=desk.editor_name(request), field=box.name, post=box.post)
    return answer(desk, request, form, "What you wrote there is thrown away.", anchor="words")


def _named(desk: Desk, request: Request, form: FormData) -> TextBox:
    """Return the box that a form is about: `what` is its name, with the post for a title or note."""
    name, _, post = field(form, "what").partition("/")
    if name not in tuple(TypedField):
        raise UsageError("There is no such box.", "Reload the page.")
    _, edition = load_edition(desk.context, week_of(request))
    return boxes(desk, request, edition).box(name, post)


def _look(desk: Desk, request: Request, form: FormData) -> Response:
    """Change nothing: show another view or another post, from a page without scripts that carries what was typed."""
    query = request.query_params
    place = {"view": query.get("view", field(form, "view")), "post": query.get("post", field(form, "open"))}
    place |= {name: query.get(name, "") for name in ("language", "monthly", "as")}
    parameters = "&".join(f"{key}={value}" for key, value in place.items() if value.replace("-", "").isalnum())
    anchor = "mail" if query.get("post", "") == field(form, "open") else "panel" if query.get("post") else "outline"
    return desk.redirect(f"/editions/{week_of(request)}?{parameters}#{anchor}", "")
