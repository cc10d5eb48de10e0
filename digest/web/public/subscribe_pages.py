"""`/subscribe` and `/confirm/TOKEN`: double opt-in."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import self_service, subscribe
from digest.subscribers.email_addresses import Address, parse_address
from digest.web.public.site import (
    HONEYPOT,
    PublicSite,
    address_problem,
    link_routes,
    link_token,
    origin,
    read_form,
    suggestion_for,
)


def routes(site: PublicSite) -> list[BaseRoute]:
    async def subscribe_page(request: Request) -> Response:
        if request.method == "POST":
            return await _subscribe(site, request)
        values: dict[str, Any] = {"email": "", "name": "", "chosen": (), "problems": {}, "suggestion": ""}
        words = site.renderer.words(request)
        return site.page(request, "subscribe.html.j2", words, choice=True, indexed=True, **values)

    async def confirm_page(request: Request) -> Response:
        return await (_confirm(site, request) if request.method == "POST" else _confirm_form(site, request))

    return [
        *link_routes("/subscribe", subscribe_page),
        *link_routes("/confirm/{token}", confirm_page),
    ]


async def _subscribe(site: PublicSite, request: Request) -> Response:
    form = await read_form(request)
    words = site.renderer.words(request, form=form.get("language", ""))
    email, name, themes = form.get("email", ""), form.get("name", ""), form.getlist("themes")
    address = parse_address(email)
    # Only the form decides, not who is subscribed: the response is the same for everybody.
    suggestion = suggestion_for(form, address)
    problems = {"email": "did_you_mean"} if suggestion else {}
    if not isinstance(address, Address):
        problems["email"] = address_problem(email)
    if self_service.themes_of(site.context, themes) is None:
        problems["themes"] = "no_such_theme"
    if problems or not isinstance(address, Address):
        values: dict[str, Any] = {
            "email": email[:254],
            "name": name[:100],
            "chosen": themes,
            "suggestion": suggestion,
        }
        return site.page(request, "subscribe.html.j2", words, status=422, problems=problems, **values)
    if form.get(HONEYPOT):
        return site.page(request, "asked.html.j2", words, email=address.email, is_known=False)
    if not site.may_request_mail(request):
        return site.page(request, "later.html.j2", words, status=429)
    # After the response: neither its text nor its time tells who is subscribed.
    task = site.writes.after_response(
        "A subscription",
        subscribe.ask_to_subscribe,
        site.context,
        email,
        site.renderer.catalogue,
        name=name,
        themes=tuple(themes),
        language=site.renderer.tag(words),
        origin=origin(request),
    )
    return site.page(request, "asked.html.j2", words, background=task, email=address.email, is_known=False)


async def _confirm_form(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    if not await run_in_threadpool(subscribe.is_confirmable, site.context, token):
        return site.stale(request, words)
    latest = await run_in_threadpool(subscribe.latest_for_newcomers, site.context)
    return site.page(request, "confirm.html.j2", words, latest=bool(latest))


async def _confirm(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    form = await read_form(request)
    number = await site.writes.run(subscribe.confirm, site.context, token, words, origin=origin(request))
    if number is None:
        return site.stale(request, words)
    week = await site.writes.run(subscribe.queue_latest, site.context, number) if form.get("latest") else None
    name = "A new subscriber's latest edition"
    task = site.writes.after_response(name, subscribe.send_latest, site.background, week) if week else None
    return site.page(request, "confirmed.html.j2", words, background=task, latest=bool(week))
