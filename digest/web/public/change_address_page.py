"""`/move/TOKEN`: a subscriber confirms a new address."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import change_address
from digest.web.public.site import PublicSite, link_routes, link_token, origin


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        token = link_token(request)
        words = await site.words_for(request, token)
        if request.method != "POST":
            valid = await run_in_threadpool(change_address.is_confirmable, site.context, token)
            return site.page(request, "move.html.j2", words) if valid else site.stale(request, words)
        changed = await site.writes.run(change_address.confirm_new_address, site.context, token, origin=origin(request))
        return site.page(request, "moved.html.j2", words) if changed else site.stale(request, words)

    return link_routes("/move/{token}", page)
