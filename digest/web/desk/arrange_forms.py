"""The workbench's forms about the whole edition: the order of its themes, undo, and restoring a revision."""

from __future__ import annotations

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.editing.change import Change, Verb
from digest.errors import UsageError
from digest.steps.editing import undo as undoing
from digest.steps.editing.changes import change, theme_titles
from digest.steps.editing.edition_view import load_edition
from digest.web.desk.answers import answer
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field, form_endpoint
from digest.web.desk.week_in_path import week_of
from digest.web.desk.who.people import Role


def routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route("/editions/{week}/themes", form_endpoint(desk, _themes), methods=["POST"]),
        Route("/editions/{week}/undo", form_endpoint(desk, _undo), methods=["POST"]),
        Route("/editions/{week}/restore", form_endpoint(desk, _restore), methods=["POST"]),
    ]


def _themes(desk: Desk, request: Request, form: FormData) -> Response:
    """Move one theme up or down among those that are shown; `themes` sets the whole order."""
    week = week_of(request)
    _, edition = load_edition(desk.context, week)
    order = [section.theme for section in edition.sections]
    line = field(form, "themes").split() or _moved(order, field(form, "up"), field(form, "down"))
    rest = [key for key in theme_titles(desk.settings) if key not in line]
    intent = Change(Verb.THEMES, themes=(*line, *rest))
    made = change(desk.context, week, intent, by=desk.editor_name(request), marks=field(form, "seen"))
    return answer(desk, request, form, made.sentence, anchor="outline", undo=made.id)


def _moved(line: list[str], up: str, down: str) -> list[str]:
    theme = up or down
    if theme not in line:
        raise UsageError("There is no such theme in this edition.", "Look at the edition again.")
    place = line.index(theme) + (-1 if up else 1)
    rest = [each for each in line if each != theme]
    return [*rest[: max(place, 0)], theme, *rest[max(place, 0) :]]


def _undo(desk: Desk, request: Request, form: FormData) -> Response:
    """Undo a change; "last" is this editor's newest one that is not undone, so that Ctrl-Z goes back step by step."""
    week, by = week_of(request), desk.editor_name(request)
    number = undoing.undoable(desk.context, week, by=by) if field(form, "change") == "last" else _number(form, "change")
    if not number:
        raise UsageError("You have changed nothing that could be undone.", "The history has everybody’s changes.")
    if undoing.is_about_sending(desk.context, week, number) and not request.state.person.role.includes(Role.APPROVER):
        raise UsageError("Only an approver may undo what decides about sending.", "Ask one of them.")
    made = undoing.undo(desk.context, week, number, by=by)
    anchor = f"post-{made.posts[0]}" if made.posts else ""
    return answer(desk, request, form, made.sentence, anchor=anchor, undo=made.id)


def _restore(desk: Desk, request: Request, form: FormData) -> Response:
    made = undoing.restore(desk.context, week_of(request), _number(form, "revision"), by=desk.editor_name(request))
    return answer(desk, request, form, made.sentence, undo=made.id)


def _number(form: FormData, name: str) -> int:
    text = field(form, name)
    if not re.fullmatch("[0-9]{1,12}", text):
        raise UsageError("The form does not say which change.", "Look at the history again.")
    return int(text)
