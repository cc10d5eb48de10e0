"""`/subscribe` and `/confirm/TOKEN`: double opt-in."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import latest_edition, subscribe
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.preferences import masked
from digest.web.public.site import (
    HONEYPOT,
    PublicSite,
    address_problem,
    later_phrase,
    link_routes,
    link_token,
    origin,
    read_form,
    suggestion_for,
    with_retry,
)
from digest.web.public.theme_fields import ALL, form_themes, themes_problem


def routes(site: PublicSite) -> list[BaseRoute]:
    async def subscribe_page(request: Request) -> Response:
        if request.method == "POST":
            return await _subscribe(site, request)
        values: dict[str, Any] = {"email": "", "name": "", "chosen": (), "which": ALL, "problems": {}}
        values["suggestion"] = ""
        words = site.renderer.words(request)
        return site.page(request, "subscribe.html.j2", words, choice=True, indexed=True, place="subscribe", **values)

    async def confirm_page(request: Request) -> Response:
        return await (_confirm(site, request) if request.method == "POST" else _confirm_form(site, request))

    return [
        *link_routes("/subscribe", subscribe_page),
        *link_routes("/confirm/{token}", confirm_page),
    ]


async def _subscribe(site: PublicSite, request: Request) -> Response:
    form = await read_form(request)
    words = site.renderer.words(request, form=form.get("language", ""))
    email, name = form.get("email", ""), form.get("name", "")
    which, themes = form_themes(form)
    address = parse_address(email)
    # Only the form decides, not who is subscribed: the response is the same for everybody.
    suggestion = suggestion_for(form, address)
    problems = {"email": "did_you_mean"} if suggestion else {}
    if not isinstance(address, Address):
        problems["email"] = address_problem(email)
    if problem := themes_problem(site, form):
        problems["themes"] = problem
    values: dict[str, Any] = {
        "email": email[:254],
        "name": name[:100],
        "chosen": form.getlist("themes"),
        "which": which,
        "suggestion": suggestion,
    }
    if problems or not isinstance(address, Address):
        return site.page(request, "subscribe.html.j2", words, status=422, problems=problems, **values)
    if form.get(HONEYPOT):
        return site.page(request, "asked.html.j2", words, email=address.email, is_known=False)
    if status := await site.refusal(request, address.key):
        problems = {"form": later_phrase(status, "later_lead")}
        return with_retry(
            site.page(request, "subscribe.html.j2", words, status=status, problems=problems, **values), status
        )
    # After the response: neither its text nor its time tells who is subscribed.
    task = site.writes.after_response(
        "A subscription",
        subscribe.ask_to_subscribe,
        site.context,
        email,
        site.renderer.catalogue,
        name=name,
        themes=themes,
        language=site.renderer.tag(words),
        origin=origin(request),
    )
    return site.page(request, "asked.html.j2", words, background=task, email=address.email, is_known=False)


async def _confirm_form(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    confirmation = await run_in_threadpool(subscribe.confirmation, site.context, token)
    if confirmation is None:
        return site.stale(request, words)
    latest = await run_in_threadpool(latest_edition.latest_for_newcomers, site.context)
    return site.page(
        request,
        "confirm.html.j2",
        words,
        latest=bool(latest),
        masked=masked(confirmation.email),
        themes=confirmation.themes,
        paused=confirmation.is_paused,
    )


async def _confirm(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    form = await read_form(request)
    confirmed = await site.writes.run(subscribe.confirm, site.context, token, words, origin=origin(request))
    if confirmed is None:
        return site.stale(request, words)
    address = parse_address(confirmed.email)
    if isinstance(address, Address):
        site.pace.confirmed(address.key)
    week = None
    if form.get("latest"):
        week = await site.writes.run(latest_edition.queue_latest, site.context, confirmed.number)
    name = "A new subscriber's latest edition"
    task = site.writes.after_response(name, latest_edition.send_latest, site.background, week) if week else None
    return site.page(
        request, "confirmed.html.j2", words, background=task, latest=bool(week), resumed=confirmed.is_paused
    )
