"""`/editions/W`: the workbench. The outline of the posts beside the mail; a post's article opens over the outline.

A request with `X-Digest-Parts: 1` is answered with the parts of the page that are not as its sender shows them: see
`digest.web.desk.parts_answer`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import ClashError, DigestError
from digest.steps.editing.edition_view import load, load_edition
from digest.steps.editing.history import changed_since, newest_change
from digest.web.desk import first_change, link_check_job
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.web.desk.parts_answer import changes_for, parts_response, wants_parts
from digest.web.desk.text_boxes import TextBoxes
from digest.web.desk.week_in_path import week_of
from digest.web.desk.words_and_approval import writing_values
from digest.web.desk.workbench_values import (
    EDITABLE,
    edition_values,
    link_values,
    mail_values,
    panel_values,
    progress_values,
    state_values,
)
from digest.week import Week

_LONGEST_PAGE_ID = 40
_UNREPEATED = ("token", "seen", "mark-")  # fields of a form that is sent again by somebody who has seen both values


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        return show(desk, request, week_of(request))

    def panel(request: Request) -> Response:
        """An article, which is loaded when it is opened; the rest of the page stays as it is."""
        week = week_of(request)
        row, edition = load_edition(desk.context, week)
        values: dict[str, Any] = {"week": week, "editable": row.status in EDITABLE, "edition_row": row}
        values |= state_values(desk, request, week, edition)
        values |= panel_values(desk, values["outline"], request.path_params["post"])
        return desk.part(request, "workbench/_post_panel.html.j2", **values)

    def mail(request: Request) -> Response:
        week = week_of(request)
        view = load(desk.context, week)
        values: dict[str, Any] = {
            "week": week,
            "opened": request.query_params.get("post", ""),
            "view": view,
            "typed": {},
        }
        return desk.part(request, "workbench/_mail.html.j2", **values, **mail_values(desk, request, view))

    def changes(request: Request) -> Response:
        return JSONResponse(_news(desk, request, week_of(request)))

    def links(request: Request) -> Response:
        week = week_of(request)
        check = link_check_job.latest(desk, week)
        if check is not None and check.running:  # the page asks often: do not render the mail for this
            values: dict[str, Any] = {"check": check, "links": None, "view_name": "desktop"}
            return desk.part(request, "workbench/_links.html.j2", week=week, **values)
        return desk.part(request, "workbench/_links.html.j2", week=week, **link_values(load(desk.context, week), check))

    return [
        Route("/editions/{week}", page),
        Route("/editions/{week}/changes", changes),
        Route("/editions/{week}/links", links),
        Route("/editions/{week}/mail", mail),
        Route("/editions/{week}/posts/{post}", panel),
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
    form: FormData | None = None,
    template: str = "workbench.html.j2",
    **values: Any,
) -> Response:
    """Show the workbench, or the parts of it that have changed.

    It is also the response to a form that was rejected: `typed` is what the editor had written, and `form` can be sent
    again after a clash.
    """
    progress = progress_values(desk, week)  # before the view: see BackgroundJobs.latest
    check = link_check_job.latest(desk, week)
    newest = newest_change(desk.context, week)  # before the view: what happens meanwhile is asked for again
    view = load(desk.context, week)
    if view.status in EDITABLE and view.approval is None and not view.links.fresh:
        link_check_job.start(desk, week)
        check = Job()  # running, even if it has ended by now: the view is older
    if view.status in EDITABLE:
        first_change.start(desk, week)
    state = state_values(desk, request, week, view.edition)
    opened = request.query_params.get("post", "") or opened
    writing = writing_values(desk, request, view, typed or {}, opened)
    bench_values = {
        **state,
        **edition_values(desk, request, view, check, typed or {}),
        **panel_values(desk, state["outline"], opened),
        **writing,
        **progress,
        "last_change": newest,
        "again": _again(request, form, error, writing["texts"]),
        **values,
    }
    if wants_parts(request) and template == "workbench.html.j2":
        changed = changes_for(desk, request, view.edition, state["outline"])
        return parts_response(desk, request, changed, bench_values, opened=opened, status=status, error=error)
    return desk.page(request, template, status=status, error=error, **bench_values)


def _again(
    request: Request, form: FormData | None, error: DigestError | None, texts: TextBoxes
) -> dict[str, Any] | None:
    """Return the form that clashed, to be sent again by an editor who has seen both values.

    None where nothing clashed, and where the text boxes themselves offer the choice.
    """
    if not isinstance(error, ClashError) or all(texts.box_clashes(clash.key) for clash in error.clashes):
        return None
    fields = [(name, value) for name, value in (form.multi_items() if form else ()) if isinstance(value, str)]
    return {
        "action": request.url.path,
        "fields": [(name, value) for name, value in fields if not name.startswith(_UNREPEATED)],
    }


def _news(desk: Desk, request: Request, week: Week) -> dict[str, Any]:
    """Answer what a page asks every other second: has the edition changed, by whom, and who is here, too?"""
    after, page = request.query_params.get("after", ""), request.query_params.get("page", "")[:_LONGEST_PAGE_ID]
    news = changed_since(desk.context, week, int(after) if re.fullmatch("[0-9]{1,12}", after) else 0)
    me, now = desk.editor_name(request), desk.context.clock()
    desk.presence.touch(week, page, me, now)
    return {
        "change": str(news.id),
        "by": ", ".join(dict.fromkeys(entry.by for entry in news.entries if entry.by not in (me, "digest"))),
        "others": [person.name for person in desk.presence.others(week, page, now) if person.name != me],
    }
