"""`/`: what happens next, what needs a look, the last editions, and the list of subscribers over time."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition.schedule import next_drafts
from digest.errors import DigestError
from digest.model import EditionStatus
from digest.steps.bounces.decide import all_holds
from digest.steps.collecting.edit_settings import mark_of
from digest.steps.collecting.source_health import finding, source_health
from digest.steps.context import Context
from digest.steps.editing import audience
from digest.steps.editing.edition_view import list_editions
from digest.steps.sending.rollback_guard import obstacle_here
from digest.steps.subscribers.growth import growth_by_week
from digest.steps.unfinished import edition_calendar
from digest.steps.weeks import week_for, window_for
from digest.store import approvals, editions
from digest.store.edition_list import EditionListRow
from digest.web.desk.desk import Desk
from digest.web.desk.growth_plots import growth_values
from digest.web.desk.needs_look import needs_look
from digest.web.desk.what_next import next_words

_MOST = 8  # editions; the others fold


def routes(desk: Desk) -> list[BaseRoute]:
    def index(request: Request) -> Response:
        mark = mark_of(desk.settings.path)
        context = desk.context
        rows = list_editions(context)
        health = source_health(context)
        now = context.clock()
        due = week_for(context.settings, None, now)
        composed = [each for each in rows if each.row.revision]
        latest = next((each for each in composed if each.row.week <= due), composed[0] if composed else None)
        return desk.page(
            request,
            "index.html.j2",
            rows=rows,
            most=_MOST,
            windows={row.row.week: window_for(context.settings, row.row.week) for row in rows},
            latest=latest,
            first=_next(desk, latest) if latest else None,
            due=due,
            drafts=next_drafts(context.settings, now),
            finding=finding(health),
            sources=health,
            looks=needs_look(
                edition_calendar(context, rows),
                health,
                all_holds(context),
                desk.live.problem,
                obstacle=_obstacle(context),
                besides=latest.row.week if latest else None,
            ),
            mark=mark,
            growth=growth_values(growth_by_week(context, 26)),
        )

    return [Route("/", index)]


def _obstacle(context: Context) -> str:
    """Return why nothing is sent from this store; "" if it may be."""
    try:
        return obstacle_here(context)
    except DigestError as error:
        return error.what


def _next(desk: Desk, latest: EditionListRow) -> dict[str, Any]:
    """Say what happens with the latest edition."""
    context, row = desk.context, latest.row
    with context.store.reading() as connection:
        approval = approvals.in_force(connection, row.week)
        active = audience.size(connection, editions.load(connection, row.week), context.clock())
    words = next_words(context, row, approval, latest.counts, subscribers=active)
    return {"words": words, "waits": row.status in (EditionStatus.DRAFT, EditionStatus.HELD)}
