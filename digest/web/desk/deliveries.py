"""`/editions/W/deliveries`: each subscriber's delivery, with the mail server's reply."""

from __future__ import annotations

from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.model import DeliveryState, Mailing
from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.revisions_sent import shares
from digest.steps.sending.deliveries import stream
from digest.steps.status import status
from digest.web.desk.desk import Desk
from digest.web.desk.week_in_path import week_of

LIMIT = 500
"""`digest deliveries list --csv` lists all."""


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        week, name = week_of(request), request.query_params.get("state", "")
        load_edition(desk.context, week)
        now = status(desk.context, week)
        state = next((each for each in DeliveryState if each.value == name), None)
        return desk.page(
            request,
            "deliveries.html.j2",
            week=week,
            deliveries=list(islice(stream(desk.context, Mailing(week), state), LIMIT)),
            state=state,
            states=list(DeliveryState),
            now=now,
            shares=shares(now.revisions),
            limit=LIMIT,
        )

    return [Route("/editions/{week}/deliveries", page)]
