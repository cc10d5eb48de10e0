"""`/editions/W`: the workbench. Everything about one edition on one page; a post's article opens in place."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.model import ELSEWHERE, Edition, EditionPost, EditionStatus, Severity
from digest.steps.editing import audience
from digest.steps.editing import desk_data as beside
from digest.steps.editing.check_links import summary
from digest.steps.editing.edition_view import EditionView, load
from digest.steps.status import status
from digest.web.desk import link_check_job
from digest.web.desk.article_view import passages
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import mark, marks

VIEWS = {
    "phone": "Phone",
    "desktop": "Desktop",
    "dark": "Dark",
    "text": "Text",
    "images-off": "Images off",
}
EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        return show(desk, request, request.path_params["week"])

    def progress(request: Request) -> Response:
        week = request.path_params["week"]
        return desk.page(request, "_progress.html.j2", **_progress(desk, week))

    def links(request: Request) -> Response:
        week = request.path_params["week"]
        visit = link_check_job.job(desk, week)
        if visit is not None and visit.running:  # asked for every moment: the mail is not rendered for it
            return desk.page(request, "_links.html.j2", week=week, visit=visit, links=None, shown_as="desktop")
        return desk.page(request, "_links.html.j2", week=week, **_links(load(desk.context, week), visit))

    return [
        Route("/editions/{week}", page),
        Route("/editions/{week}/progress", progress),
        Route("/editions/{week}/links", links),
    ]


def show(
    desk: Desk,
    request: Request,
    week: str,
    *,
    code: int = 200,
    error: DigestError | None = None,
    opened: str = "",
    **kept: str,
) -> Response:
    """The workbench, also as the answer to a form that was refused: `kept` is what the editor had typed."""
    progress = _progress(desk, week)
    visit = link_check_job.job(desk, week)
    view = load(desk.context, week)
    if view.status in EDITABLE and view.approval is None and not view.links.fresh:
        link_check_job.begin(desk, week)
        visit = Job()  # also where it is over by now: the view is older
    warnings = [finding for finding in view.findings if finding.severity is Severity.WARNING]
    name = request.query_params.get("view", "desktop")
    opened = request.query_params.get("post", "") or opened
    asked = request.query_params.get("language", "")
    mail = next((each for each in view.spoken if each.tag == asked), view.spoken[0])
    values: dict[str, Any] = {
        **_links(view, visit),
        "week": week,
        "view": view,
        "edition": view.edition,
        "editable": view.status in EDITABLE,
        "decisions": beside.decisions(desk.context, week),
        "opened": opened,
        "article": _article(desk, view, opened),
        "trail": beside.trail(desk.context, week),
        "titles": defaultdict(str, _titles(view)),
        "themes": theme_titles(desk),
        "mail": mail,
        "language": f"&language={mail.tag}" if mail is not view.spoken[0] else "",
        "views": VIEWS,
        "shown_as": name if name in VIEWS else "desktop",
        "warnings": warnings,
        "warned": marks(finding.message for finding in warnings),
        "errors": [finding for finding in view.findings if finding.severity is Severity.ERROR],
        "marks": {"introduction": mark(view.edition.introduction), "subject": mark(view.edition.subject)},
        "grown": audience.change(desk.context, week) if view.approval and not view.counts.candidates else "",
        "kept": {"introduction": "", "subject": "", "to": ""} | kept,
        "at_most": desk.settings.summary.sentences,
        **progress,
    }
    return desk.page(request, "workbench.html.j2", status=code, error=error, **values)


def theme_titles(desk: Desk) -> dict[str, str]:
    """Where a post can be moved: key to title."""
    return {theme.key: theme.title for theme in desk.settings.themes} | {ELSEWHERE: "Elsewhere"}


def post_of(edition: Edition, post: str) -> EditionPost | None:
    return next((each for each in edition.posts if each.id == post), None)


def _titles(view: EditionView) -> dict[str, str]:
    return {post.id: post.title for post in view.edition.posts} | {
        post.post: post.title for post in view.edition.left_out
    }


def _article(desk: Desk, view: EditionView, post: str) -> Any:
    shown = post_of(view.edition, post) if post else None
    read = beside.article(desk.context, post) if shown else None
    if shown is None or read is None:
        return None
    return passages(read.article, read.sentences, frozenset(shown.offsets))


def _links(view: EditionView, visit: Job | None) -> dict[str, Any]:
    name = {"editable": view.status in EDITABLE, "links": view.links, "visit": visit}
    name["waiting"] = view.status in EDITABLE and view.approval is None  # for an approval
    return name | {"links_said": summary(view.links), "shown_as": "desktop"}


def _progress(desk: Desk, week: str) -> dict[str, Any]:
    job = desk.jobs.of(week)
    return {"now": status(desk.context, week), "job": job, "week": week}
