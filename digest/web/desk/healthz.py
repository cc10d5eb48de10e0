"""`/healthz`, for monitoring, and the answer to browsers that ask for `/favicon.ico`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from digest.steps.editing import desk_data
from digest.web.desk.desk import Desk


def routes(desk: Desk) -> list[BaseRoute]:
    def healthz(request: Request) -> Response:
        del request
        desk_data.answers(desk.context)
        return PlainTextResponse("ok\n")

    def favicon(request: Request) -> Response:
        """Browsers ask for an icon where a page names none, as a mail does. A mail opened by itself is sandboxed, so it
        is cross-origin to the desk: without this header the browser's console shows an error."""
        del request
        return Response(status_code=204, headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    return [Route("/healthz", healthz), Route("/favicon.ico", favicon)]
