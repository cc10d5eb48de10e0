"""`/healthz` (the process lives), `/readyz` (it can serve), `/metrics` (how it stands): the same on desk and pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.steps.context import Context
from digest.steps.figures import not_ready
from digest.web.metrics import Metrics
from digest.web.metrics_access import may_read

PATHS = ("/healthz", "/readyz", "/metrics")
_SECONDS = 5.0  # whoever probes does not wait longer
_METRICS_SECONDS = 9.0  # Prometheus waits 10
_REFUSED = "This is for this machine, the networks of [metrics] allow, and who has the token: see docs/monitoring.md."
_NO_STORE = {"Cache-Control": "no-store"}

T = TypeVar("T")


def routes(context: Callable[[], Context]) -> list[BaseRoute]:
    """Return the three routes. `context` gives the present one."""
    metrics = Metrics(context)
    threads: list[anyio.CapacityLimiter] = []

    async def bounded(work: Callable[[], T], seconds: float = _SECONDS) -> T | None:
        """Do it in a thread; None if it takes too long. A thread that hangs keeps one of two places."""
        if not threads:
            threads.append(anyio.CapacityLimiter(2))
        with anyio.move_on_after(seconds):
            return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=threads[0])
        return None

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_NO_STORE)

    async def readyz(_request: Request) -> Response:
        problems = await bounded(lambda: not_ready(context()))
        if problems is None:
            problems = [f"the store did not answer within {_SECONDS:g} seconds"]
        return _answer("\n".join(problems) if problems else "ready", 503 if problems else 200)

    async def figures(request: Request) -> Response:
        settings = context().settings
        try:
            token = settings.secrets.read("metrics_token")
        except DigestError:
            token = ""
        if not may_read(request.scope, allow=settings.metrics.allow, token=token):
            return _answer(_REFUSED, 403)
        exposition = await bounded(partial(metrics.exposition, request.headers.get("accept", "")), _METRICS_SECONDS)
        if exposition is None:
            return _answer(f"The store did not answer within {_METRICS_SECONDS:g} seconds.", 503)
        body, content_type = exposition
        return Response(body, headers={**_NO_STORE, "Content-Type": content_type})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", figures)]


def _answer(text: str, status: int) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers=_NO_STORE)
