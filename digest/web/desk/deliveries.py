"""`/editions/W/deliveries`: every subscriber accounted for, with the mail server's answer."""

from __future__ import annotations

from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.model import DeliveryState
from digest.steps.editing.edition_view import load_edition
from digest.steps.sending.deliveries import listed
from digest.steps.status import status
from digest.web.desk.desk import Desk

SHOWN = 500
"""More are for `digest deliveries list --csv`."""


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        week, asked = request.path_params["week"], request.query_params.get("state", "")
        load_edition(desk.context, week)
        state = next((each for each in DeliveryState if each.value == asked), None)
        found = list(islice(listed(desk.context, week, state), SHOWN))
        now = status(desk.context, week)
        return desk.page(
            request,
            "deliveries.html.j2",
            week=week,
            found=found,
            state=state,
            states=list(DeliveryState),
            now=now,
            most=SHOWN,
        )

    return [Route("/editions/{week}/deliveries", page)]
