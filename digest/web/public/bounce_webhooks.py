"""`POST /bounces/PROVIDER`: what a mail provider reports about bounces and complaints.

A provider sends an event again until it is answered with 2xx. So it is answered once the event is recorded. Bounces are
counted after the response, all of a mailing together. A server that starts counts what an earlier one recorded.
"""

from __future__ import annotations

import logging

import anyio
import anyio.to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from digest.steps.subscribers.webhooks.read_request import Refusal, RequestReader, WebhookRequest
from digest.steps.subscribers.webhooks.sns_certificates import Fetch, fetch_from_amazon
from digest.steps.subscribers.webhooks.take_in import settle_reports, take_in
from digest.web.public.site import PublicSite

LOG = logging.getLogger(__name__)

PATH = "/bounces/"
MOST_BYTES = 2_000_000  # of a body: SendGrid's batches are the largest
_READERS = 4  # threads that read bodies: strangers may send large ones, and pages need threads, too
_PAUSE = 1.0  # seconds before bounces are counted: those of many small requests are counted together
_STATUS = {
    Refusal.DISABLED: 404,
    Refusal.WITHOUT_SECRET: 503,
    Refusal.NOT_AUTHENTIC: 403,
    Refusal.MALFORMED: 400,
    Refusal.UNVERIFIABLE: 503,
}


class BounceCounter:
    """Counts the bounces that were recorded. At most one counts and one waits; that one counts what comes meanwhile."""

    def __init__(self, site: PublicSite) -> None:
        self._count = site.writes.after_response("bounces by webhook", settle_reports, site.background)
        self._turn = anyio.Lock()
        self._is_awaited = False

    async def __call__(self) -> None:
        if self._is_awaited:
            return
        self._is_awaited = True
        async with self._turn:
            await anyio.sleep(_PAUSE)
            self._is_awaited = False
            await self._count()


def routes(site: PublicSite, counter: BounceCounter, fetch: Fetch | None = None) -> list[BaseRoute]:
    """`fetch` gets what Amazon SNS has at a URL."""
    settings = site.context.settings
    reader = RequestReader(settings, fetch or fetch_from_amazon(settings))
    threads = anyio.CapacityLimiter(_READERS)

    async def take(request: Request) -> Response:
        provider = request.path_params["provider"]
        if not reader.takes(provider):
            return _refused(provider, Refusal.DISABLED)
        received = WebhookRequest(provider, request.headers, await request.body())
        events = await anyio.to_thread.run_sync(reader.read, received, site.context.clock(), limiter=threads)
        if isinstance(events, Refusal):
            return _refused(provider, events)
        new = await site.writes.run(take_in, site.context, provider, events)
        # Also for events that are not new: a server that was killed may have recorded them and not have counted them.
        text = f"{len(events)} events, {new} new\n"
        return PlainTextResponse(text, background=BackgroundTask(counter) if events else None)

    return [Route("/bounces/{provider}", take, methods=["POST"])]


def _refused(provider: str, reason: Refusal) -> Response:
    if reason is Refusal.DISABLED:  # anybody may name anything here
        LOG.debug("A report by webhook was refused: %s.", reason.value)
    else:
        LOG.warning("A report of %s by webhook was refused: %s.", provider, reason.value)
    return PlainTextResponse(f"Refused: {reason.value}.\n", _STATUS[reason])
