"""`/editions/W`: the workbench. Everything about one edition on one page; a post's article opens in place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.model import ELSEWHERE, Edition, EditionPost, EditionStatus, Severity
from digest.steps.editing import audience, desk_data
from digest.steps.editing.check_links import summary
from digest.steps.editing.edition_view import EditionView, load
from digest.steps.editing.revisions_sent import shares
from digest.steps.status import status as edition_status
from digest.web.desk import link_check_job
from digest.web.desk.article_view import passages
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import text_hash, text_hashes
from digest.web.desk.week_in_path import week_of
from digest.week import Week

VIEWS = {
    "phone": "Phone",
    "desktop": "Desktop",
    "dark": "Dark",
    "text": "Text",
    "images-off": "Images off",
}
EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)
_UNTYPED = {"introduction": "", "subject": "", "to": ""}


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        return show(desk, request, week_of(request))

    def progress(request: Request) -> Response:
        week = week_of(request)
        return desk.page(request, "workbench/_progress.html.j2", **_progress(desk, week))

    def links(request: Request) -> Response:
        week = week_of(request)
        check = link_check_job.latest(desk, week)
        if check is not None and check.running:  # the page asks often: do not render the mail for this
            values: dict[str, Any] = {"check": check, "links": None, "view_name": "desktop"}
            return desk.page(request, "workbench/_links.html.j2", week=week, **values)
        return desk.page(request, "workbench/_links.html.j2", week=week, **_links(load(desk.context, week), check))

    return [
        Route("/editions/{week}", page),
        Route("/editions/{week}/progress", progress),
        Route("/editions/{week}/links", links),
    ]


def show(
    desk: Desk,
    request: Request,
    week: Week,
    *,
    status: int = 200,
    error: DigestError | None = None,
    opened: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Show the workbench, also as the response to a form that was rejected: `typed` is what the editor had written."""
    progress = _progress(desk, week)  # before the view: see BackgroundJobs.latest
    check = link_check_job.latest(desk, week)
    view = load(desk.context, week)
    if view.status in EDITABLE and view.approval is None and not view.links.fresh:
        link_check_job.start(desk, week)
        check = Job()  # running, even if it has ended by now: the view is older
    opened = request.query_params.get("post", "") or opened
    values: dict[str, Any] = {
        "week": week,
        "view": view,
        "edition": view.edition,
        "decisions": desk_data.decisions(desk.context, week),
        "opened": opened,
        "article": _article(desk, view, opened),
        "trail": desk_data.trail(desk.context, week),
        "titles": defaultdict(str, _titles(view)),
        "themes": theme_titles(desk),
        "audience_change": _audience_change(desk, view),
        "typed": {**_UNTYPED, **(typed or {})},
        "at_most": desk.settings.summary.sentences,
    }
    values |= _links(view, check) | _mail(request, view) | _preflight(view) | progress
    return desk.page(request, "workbench.html.j2", status=status, error=error, **values)


def theme_titles(desk: Desk) -> dict[str, str]:
    """Return the themes that a post can be moved to: key to title."""
    return {theme.key: theme.title for theme in desk.settings.themes} | {ELSEWHERE: "Elsewhere"}


def find_post(edition: Edition, post: str) -> EditionPost | None:
    return next((each for each in edition.posts if each.id == post), None)


def _titles(view: EditionView) -> dict[str, str]:
    return {post.id: post.title for post in view.edition.posts} | {
        post.post: post.title for post in view.edition.left_out
    }


def _article(desk: Desk, view: EditionView, post: str) -> Any:
    printed = find_post(view.edition, post) if post else None
    read = desk_data.article(desk.context, post) if printed else None
    if printed is None or read is None:
        return None
    return passages(read.article, read.sentences, frozenset(printed.offsets))


def _audience_change(desk: Desk, view: EditionView) -> str:
    """Say whether the number of subscribers has jumped since the approval; nothing once deliveries are queued."""
    if view.approval is None or view.counts.candidates:
        return ""
    return audience.change(desk.context, view.row.week)


def _mail(request: Request, view: EditionView) -> dict[str, Any]:
    """Choose the view and the language of the mail that the request asks for."""
    name = request.query_params.get("view", "desktop")
    tag = request.query_params.get("language", "")
    mail = next((each for each in view.language_mails if each.tag == tag), view.language_mails[0])
    return {
        "views": VIEWS,
        "view_name": name if name in VIEWS else "desktop",
        "mail": mail,
        "language": f"&language={mail.tag}" if mail is not view.language_mails[0] else "",
    }


def _preflight(view: EditionView) -> dict[str, Any]:
    warnings = [finding for finding in view.findings if finding.severity is Severity.WARNING]
    return {
        "warnings": warnings,
        "errors": [finding for finding in view.findings if finding.severity is Severity.ERROR],
        "hashes": {
            "warnings": text_hashes(finding.message for finding in warnings),
            "introduction": text_hash(view.edition.introduction),
            "subject": text_hash(view.edition.subject),
        },
    }


def _links(view: EditionView, check: Job | None) -> dict[str, Any]:
    editable = view.status in EDITABLE
    return {
        "editable": editable,
        "awaits_approval": editable and view.approval is None,
        "links": view.links,
        "links_summary": summary(view.links),
        "check": check,
        "view_name": "desktop",
    }


def _progress(desk: Desk, week: Week) -> dict[str, Any]:
    job = desk.jobs.latest(str(week))
    now = edition_status(desk.context, week)
    return {"now": now, "shares": shares(now.revisions), "job": job, "week": week}
