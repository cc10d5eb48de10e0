"""`/`: the list of editions, and the health of the sources."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.steps.collecting.source_health import finding, source_health
from digest.steps.editing.edition_view import list_editions
from digest.steps.status import status
from digest.steps.weeks import week_for, window_for
from digest.web.desk.desk import Desk


def routes(desk: Desk) -> list[BaseRoute]:
    def index(request: Request) -> Response:
        context = desk.context
        rows = list_editions(context)
        health = source_health(context)
        return desk.page(
            request,
            "index.html.j2",
            rows=rows,
            windows={row.row.week: window_for(context.settings, row.row.week) for row in rows},
            latest=status(context, rows[0].row.week) if rows else None,
            due=week_for(context.settings, None, context.clock()),
            finding=finding(health),
            sources=sorted(health, key=lambda source: _urgency(source.outcome)),
        )

    return [Route("/", index)]


def _urgency(outcome: str) -> int:
    """Sort sources that need attention first."""
    return {"error": 0, "gone": 0, "partial": 1, "": 2}.get(outcome, 3)
