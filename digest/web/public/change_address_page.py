"""`/change/TOKEN`: the owner of the present address allows a move. `/move/TOKEN`: that of the new one confirms it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import change_address
from digest.subscribers.link_tokens import Purpose
from digest.subscribers.preferences import masked
from digest.web.public.site import PublicSite, link_routes, link_token, origin


def routes(site: PublicSite) -> list[BaseRoute]:
    async def allow(request: Request) -> Response:
        token = link_token(request)
        words = await site.words_for(request, token)
        change = await run_in_threadpool(change_address.asked_change, site.context, token, Purpose.MOVE)
        if change is None:
            return site.stale(request, words)
        if request.method != "POST":
            return site.page(request, "change.html.j2", words, masked=masked(change.email), address=change.new_email)
        # After the response: its time does not tell whether the new address is a subscriber's.
        task = site.writes.after_response(
            "A change of address",
            change_address.allow_change,
            site.context,
            token,
            site.renderer.catalogue,
            origin=origin(request),
        )
        return site.page(request, "link_sent.html.j2", words, background=task, email=change.new_email)

    async def confirm(request: Request) -> Response:
        token = link_token(request)
        words = await site.words_for(request, token)
        if request.method != "POST":
            change = await run_in_threadpool(change_address.asked_change, site.context, token, Purpose.ADDRESS)
            if change is None:
                return site.stale(request, words)
            return site.page(request, "move.html.j2", words, masked=masked(change.new_email))
        changed = await site.writes.run(change_address.confirm_new_address, site.context, token, origin=origin(request))
        return site.page(request, "moved.html.j2", words) if changed else site.stale(request, words)

    return [*link_routes("/change/{token}", allow), *link_routes("/move/{token}", confirm)]
