"""`/editions/W/history`: what was done to an edition, by whom and when."""

from __future__ import annotations

from collections import defaultdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.steps.editing import desk_data
from digest.steps.editing.edition_view import load_edition
from digest.web.desk.desk import Desk
from digest.web.desk.week_in_path import week_of


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        week = week_of(request)
        row, edition = load_edition(desk.context, week)
        titles = {post.id: post.title for post in edition.posts}
        titles |= {post.post: post.title for post in edition.left_out}
        return desk.page(
            request,
            "history.html.j2",
            week=week,
            edition=edition,
            row=row,
            trail=desk_data.trail(desk.context, week),
            titles=defaultdict(str, titles),
        )

    return [Route("/editions/{week}/history", page)]
