"""`POST /bounces/PROVIDER`: what a mail provider reports about bounces and complaints.

A provider sends an event again until it is answered with 2xx. So it is answered once the event is recorded. Bounces are
counted after the response, all of a mailing together.
"""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool
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
_STATUS = {
    Refusal.DISABLED: 404,
    Refusal.WITHOUT_SECRET: 503,
    Refusal.NOT_AUTHENTIC: 403,
    Refusal.MALFORMED: 400,
    Refusal.UNVERIFIABLE: 503,
}


def routes(site: PublicSite, fetch: Fetch | None = None) -> list[BaseRoute]:
    """`fetch` gets what Amazon SNS has at a URL."""
    settings = site.context.settings
    reader = RequestReader(settings, fetch or fetch_from_amazon(settings))

    async def take(request: Request) -> Response:
        provider = request.path_params["provider"]
        received = WebhookRequest(provider, request.headers, await request.body())
        events = await run_in_threadpool(reader.read, received, site.context.clock())
        if isinstance(events, Refusal):
            level = logging.DEBUG if events is Refusal.DISABLED else logging.WARNING
            LOG.log(level, "A report by webhook was refused: %s.", events.value)
            return PlainTextResponse("Not accepted.\n", _STATUS[events])
        new = await site.writes.run(take_in, site.context, provider, events)
        work = site.writes.after_response("bounces by webhook", settle_reports, site.background) if new else None
        return PlainTextResponse("ok\n", background=work)

    return [Route("/bounces/{provider}", take, methods=["POST"])]
