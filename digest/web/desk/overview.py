"""`/`: the editions and how the sources are."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.steps.collecting.source_health import source_health
from digest.steps.editing.edition_view import list_editions
from digest.steps.status import status
from digest.steps.weeks import week_for, window_for
from digest.web.desk.desk import Desk
from digest.week import Week


def routes(desk: Desk) -> list[BaseRoute]:
    def index(request: Request) -> Response:
        context = desk.context
        listed = list_editions(context)
        due = week_for(context.settings, None, context.clock())
        return desk.page(
            request,
            "index.html.j2",
            listed=listed,
            windows={each.row.week: window_for(context.settings, Week.parse(each.row.week)) for each in listed},
            latest=status(context, listed[0].row.week) if listed else None,
            due=str(due),
            sources=sorted(source_health(context), key=lambda each: _order(each.outcome)),
        )

    return [Route("/", index)]


def _order(outcome: str) -> int:
    """What needs a look comes first."""
    return {"error": 0, "gone": 0, "partial": 1, "": 2}.get(outcome, 3)
