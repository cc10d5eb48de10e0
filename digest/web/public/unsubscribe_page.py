"""`/unsubscribe/TOKEN`: the page, one-click unsubscribing (RFC 8058), and coming back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from digest.steps.subscribers import self_service, subscribe
from digest.web.public.site import PublicSite, origin, read_form


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _unsubscribe(site, request)
        token = request.path_params["token"]
        words = await site.words_for(request, token)
        if not self_service.may_unsubscribe(site.context, token):
            return site.stale(request, words)
        return site.page(request, "unsubscribe.html.j2", words)

    return [Route("/unsubscribe/{token}", page, methods=["GET", "POST"])]


async def _unsubscribe(site: PublicSite, request: Request) -> Response:
    token = request.path_params["token"]
    words = await site.words_for(request, token)
    form = await read_form(request)
    one_click = form.get("List-Unsubscribe") == "One-Click"
    request.state.one_click = one_click  # for the response when the store is busy
    if form.get("act") == "back":
        restored = await site.writes.run(subscribe.resubscribe, site.context, token, words, origin=origin(request))
        return site.page(request, "back.html.j2", words) if restored else site.stale(request, words)
    how = "one click (RFC 8058)" if one_click else "unsubscribe page"
    done = await site.writes.run(self_service.unsubscribe, site.context, token, how=how, origin=origin(request))
    if one_click:
        return PlainTextResponse("You are unsubscribed.\n" if done else "No such link.\n", 200 if done else 404)
    return site.page(request, "left.html.j2", words) if done else site.stale(request, words)
