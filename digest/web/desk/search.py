"""`/search?q=` and the box "Find or add a post": search what was collected, or add a page by its address.

A GET only looks: nothing is fetched from elsewhere and nothing is changed, whoever made the link.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.editing.marks import mark
from digest.errors import ApprovalError, DigestError
from digest.steps.editing.add_post import Added, KnownAlready, add_post, get_ready
from digest.steps.editing.changes import state_of
from digest.steps.editing.find_posts import SearchResult, as_address, edition_to_fill, find_posts
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field
from digest.web.desk.parts_answer import PARTS_HEADER, wants_parts
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench import show
from digest.week import Week

_RESULTS = "workbench/_found.html.j2"


def routes(desk: Desk) -> list[BaseRoute]:
    def search(request: Request) -> Response:
        named = request.query_params.get("week", "")
        week = edition_to_fill(desk.context, Week.parse(named) if named else None)
        result = find_posts(desk.context, request.query_params.get("q", ""), week=week)
        if result.address and not result.posts:
            get_ready()
        template = _RESULTS if wants_parts(request) else "search.html.j2"
        return desk.page(request, template, **_values(desk, request, week, result))

    async def add(request: Request) -> Response:
        form = await request.form(max_files=0)
        return await run_in_threadpool(_add, desk, request, form)

    return [Route("/search", search), Route("/editions/{week}/add", add, methods=["POST"])]


def _values(desk: Desk, request: Request, week: Week | None, result: SearchResult) -> dict[str, Any]:
    state = state_of(desk.context, week) if week else None
    return {
        "week": week,
        "result": result,
        "problem": None,
        "known": None,
        "marks": {post.id: mark(state, "bring", post.id) for post in result.posts} if state else {},
        "bookmarklet": f"javascript:location.href='{request.base_url}search?q='+encodeURIComponent(location.href)",
    }


def _add(desk: Desk, request: Request, form: FormData) -> Response:
    week, address = week_of(request), field(form, "address")
    problem: DigestError | None = None
    added: Added | KnownAlready | None = None
    if not desk.forms.is_genuine(request, field(form, "token")):
        problem = ApprovalError("This form has expired. Nothing was changed.", "Send it again from this page.")
    else:
        despite_copy = field(form, "copy") == "yes"
        try:
            added = add_post(desk.context, week, address, by=desk.editor_name(request), despite_copy=despite_copy)
        except DigestError as error:
            problem = error
    if isinstance(added, Added):
        if wants_parts(request):
            return show(desk, request, week, opened=added.id, flash=added.sentence, undo=added.change)
        return desk.redirect(f"/editions/{week}?post={added.id}#panel", added.sentence, undo=added.change)
    return _not_added(desk, request, week, address, problem, added)


def _not_added(
    desk: Desk, request: Request, week: Week, address: str, problem: DigestError | None, known: KnownAlready | None
) -> Response:
    """Show what was typed again, with the reason, or with the post that is known."""
    posts = (known.post,) if known else ()
    result = SearchResult(address, as_address(address), len(posts), posts)
    values = _values(desk, request, week, result) | {"problem": problem, "known": known}
    status = 200 if known else 403 if isinstance(problem, ApprovalError) else 409
    if not wants_parts(request):
        return desk.page(request, "search.html.j2", status=status, **values)
    response = desk.page(request, "workbench/_found_part.html.j2", status=status, **values)
    response.headers[PARTS_HEADER] = "1"
    return response
