"""The page of an error, and the 503 of a store that is busy or fails."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.errors import BusyError, StoreError
from digest.web.public.site import PublicSite
from digest.web.public.write_limiter import RETRY_AFTER

LOG = logging.getLogger(__name__)
ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


def handlers(site: PublicSite) -> dict[type[Exception], ErrorHandler]:
    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        words = site.renderer.words(request)  # in the request's language: the store may be what failed
        choice = request.method == "GET"
        return site.page(request, "failed.html.j2", words, status=status, choice=choice, code=status)

    async def busy(request: Request, error: Exception) -> Response:
        """Nothing was changed, and the same request may succeed in a minute."""
        LOG.warning("A page was answered with 503: %s", error.args[0])
        headers = {"Retry-After": str(RETRY_AFTER)}
        if getattr(request.state, "one_click", False):
            return PlainTextResponse("We are busy: you are still subscribed. Try again in a minute.\n", 503, headers)
        response = site.page(request, "failed.html.j2", site.renderer.words(request), status=503, code=503)
        response.headers.update(headers)
        return response

    return {HTTPException: failed, BusyError: busy, StoreError: busy, Exception: failed}
