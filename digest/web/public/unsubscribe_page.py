"""`/unsubscribe/TOKEN`: the page, one-click unsubscribing (RFC 8058), and coming back."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import self_service, subscribe
from digest.steps.subscribers.subscribe import Return
from digest.subscribers.consent_rules import ONE_CLICK, UNSUBSCRIBE_PAGE
from digest.subscribers.preferences import masked
from digest.web.public.site import PublicSite, TextForm, link_routes, link_token, origin, read_form
from digest.words.translations import Translations

_BAD_REQUEST = 400


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _unsubscribe(site, request)
        token = link_token(request)
        words = await site.words_for(request, token)
        if not self_service.may_unsubscribe(site.context, token):
            return site.stale(request, words)
        email = await run_in_threadpool(self_service.email_of, site.context, token)
        if not email:
            return site.page(request, "unused_link.html.j2", words)
        return site.page(request, "unsubscribe.html.j2", words, masked=masked(email))

    return link_routes("/unsubscribe/{token}", page)


async def _unsubscribe(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    form = await _read_form(request)
    one_click = form.get("List-Unsubscribe") == "One-Click"
    request.state.one_click = one_click  # for the response when the store is busy
    if form.get("act") == "back":
        return await _come_back(site, request, token, words)
    how = ONE_CLICK if one_click else UNSUBSCRIBE_PAGE
    done = await site.writes.run(self_service.unsubscribe, site.context, token, how=how, origin=origin(request))
    if one_click:
        return PlainTextResponse("You are unsubscribed.\n" if done else "No such link.\n", 200 if done else 404)
    if not done:
        return site.stale(request, words)
    is_known = await run_in_threadpool(self_service.email_of, site.context, token)
    return site.page(request, "left.html.j2" if is_known else "unused_link.html.j2", words)


async def _read_form(request: Request) -> TextForm:
    """Read the form; an empty one if its body is malformed, for whoever sends a POST here wants to unsubscribe."""
    try:
        return await read_form(request)
    except HTTPException as error:
        if error.status_code != _BAD_REQUEST:
            raise
        return TextForm([])


async def _come_back(site: PublicSite, request: Request, token: str, words: Translations) -> Response:
    """Undo a slip at once; later, only the owner of the address can come back, by a link in a mail to it."""
    where = origin(request)
    outcome = await site.writes.run(subscribe.resubscribe, site.context, token, words, origin=where)
    if outcome is Return.DONE:
        return site.page(request, "back.html.j2", words)
    email = await run_in_threadpool(self_service.email_of, site.context, token)
    if outcome is Return.IMPOSSIBLE or not email:
        return site.stale(request, words)
    if status := await site.refusal(request, token):
        return site.later(request, words, status)
    catalogue = site.renderer.catalogue
    task = site.writes.after_response(
        "A subscription", subscribe.ask_to_return, site.context, token, catalogue, origin=where
    )
    return site.page(request, "asked.html.j2", words, background=task, email=masked(email), is_known=True)
