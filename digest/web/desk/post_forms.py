"""The workbench's forms about one post: pin, move, drop, hold, reorder, title, sentences."""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import UsageError
from digest.model import AuditEvent, Decision
from digest.steps.editing import desk_data, editor_changes
from digest.steps.editing.edition_view import load_edition
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field, form_endpoint, workbench_url
from digest.web.desk.post_changes import PostContext, PostForm, change_for, place_of
from digest.web.desk.sentence_choice import parse_spans
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench import find_post, theme_titles
from digest.week import Week


def routes(desk: Desk) -> list[BaseRoute]:
    return [Route("/editions/{week}/posts/{post}/{verb}", form_endpoint(desk, _change_post), methods=["POST"])]


def _change_post(desk: Desk, request: Request, form: FormData) -> Response:
    week, post, verb = week_of(request), request.path_params["post"], request.path_params["verb"]
    _, edition = load_edition(desk.context, week)
    if post not in {each.id for each in edition.posts} | {each.post for each in edition.left_out}:
        raise UsageError("This post is no longer in this edition.", "Somebody else may have changed the edition.")
    place, above, below = place_of(edition, post)
    printed, article = find_post(edition, post), desk_data.article(desk.context, post)
    context = PostContext(
        place=place,
        chosen=printed.offsets if printed else (),
        sentences=frozenset((each.start, each.end) for each in article.sentences) if article else frozenset(),
        at_most=desk.settings.summary.sentences,
        themes=theme_titles(desk),
    )
    change = change_for(verb, _post_form(form), context)
    editor = desk.editor_name(request)
    editor_changes.change_decision(desk.context, week, post, by=editor, change=change.apply, event=change.event)
    neighbour = {"up": above, "down": below}.get(verb, "")
    if neighbour:
        _swap_places(desk, week, neighbour, place, by=editor)
    anchor = "posts" if verb in ("drop", "hold") else f"post-{post}"
    return desk.redirect(workbench_url(request, form, anchor), change.flash)


def _post_form(form: FormData) -> PostForm:
    ticked = [value for value in form.getlist("sentence") if isinstance(value, str)]
    return PostForm(field(form, "theme"), field(form, "reason"), field(form, "title"), parse_spans(ticked))


def _swap_places(desk: Desk, week: Week, neighbour: str, place: int, *, by: str) -> None:
    """Give the neighbour the place that became free. One whose place the ranking decides moves by itself."""
    decision = desk_data.decisions(desk.context, week).get(neighbour, Decision(neighbour))
    if decision.position is not None:
        editor_changes.change_decision(
            desk.context,
            week,
            neighbour,
            by=by,
            change=lambda d: replace(d, position=place),
            event=AuditEvent.MADE_ROOM,
        )
