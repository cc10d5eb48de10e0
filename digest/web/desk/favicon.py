"""The answer to browsers that ask for `/favicon.ico`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.web.desk.desk import Desk


def routes(_desk: Desk) -> list[BaseRoute]:
    def favicon(request: Request) -> Response:
        """Browsers ask for an icon where a page names none, as a mail does. A mail opened by itself is sandboxed, so it
        is cross-origin to the desk: without this header the browser's console shows an error."""
        del request
        return Response(status_code=204, headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    return [Route("/favicon.ico", favicon)]
