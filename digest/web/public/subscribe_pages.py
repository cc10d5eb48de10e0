"""`/subscribe` and `/confirm/TOKEN`: double opt-in.

The form asks for the address alone. A link to it may choose themes (`/subscribe?themes=civic-tech,comms`), and whoever
has confirmed chooses them, and a name, on the page of preferences.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import latest_edition, self_service, subscribe
from digest.steps.subscribers.welcome import send_welcome
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.link_tokens import Purpose
from digest.subscribers.preferences import masked
from digest.web.public.site import (
    EMPTY_FORM,
    HONEYPOT,
    PublicSite,
    later_phrase,
    link_routes,
    link_token,
    origin,
    read_form,
    typed_address,
    with_retry,
)
from digest.web.public.theme_fields import ALL, SOME, form_themes, has_themes, themes_problem
from digest.words.translations import Translations

_MOST_KEYS = 1000  # characters of a link's themes
_EDIT = "edit"  # what the button "Change it" asks for


def routes(site: PublicSite) -> list[BaseRoute]:
    async def subscribe_page(request: Request) -> Response:
        if request.method == "POST":
            return await _subscribe(site, request)
        words = site.renderer.words(request)
        values = {**EMPTY_FORM, **_theme_values(site, words, _chosen_by_link(site, request))}
        values["parameters"] = f"&themes={','.join(values['chosen'])}" if values["chosen"] else ""
        values["indexed"] = not values["chosen"]
        return await _form(site, request, words, choice=True, place="subscribe", **values)

    async def confirm_page(request: Request) -> Response:
        return await (_confirm(site, request) if request.method == "POST" else _confirm_form(site, request))

    return [
        *link_routes("/subscribe", subscribe_page),
        *link_routes("/confirm/{token}", confirm_page),
    ]


async def _form(site: PublicSite, request: Request, words: Translations, **values: Any) -> Response:
    return site.page(request, "subscribe.html.j2", words, glance=await site.glance(words), **values)


def _chosen_by_link(site: PublicSite, request: Request) -> tuple[str, ...]:
    """Return the themes in the URL that there are; () if it names none, or all."""
    named = {key for value in request.query_params.getlist("themes") for key in value[:_MOST_KEYS].split(",")}
    known = named & {theme.key for theme in site.context.settings.themes}
    return self_service.themes_of(site.context, known) or ()


def _theme_values(
    site: PublicSite, words: Translations, themes: tuple[str, ...], which: str = SOME, *, always: bool = False
) -> dict[str, Any]:
    """Return what the form shows of themes: nothing unless a link or an earlier form chose some, or `always`."""
    if not themes and not always:
        return {"chosen": (), "which": ALL, "will_get": ""}
    titles = site.renderer.theme_titles(themes, words) if which == SOME else ""
    return {"chosen": themes, "which": which, "will_get": titles or words.html("everything")}


async def _subscribe(site: PublicSite, request: Request) -> Response:
    form = await read_form(request)
    words = site.renderer.words(request, form=form.get("language", ""))
    email, name = form.get("email", ""), form.get("name", "")
    which, themes = form_themes(form)
    names_themes = has_themes(form)
    values: dict[str, Any] = {
        "email": email[:254],
        "name": name[:100],
        "suggestion": "",
        "problems": {},
        **_theme_values(site, words, tuple(form.getlist("themes")), which, always=names_themes),
    }
    if form.get("act") == _EDIT:
        return await _form(site, request, words, **values)
    # Only the form decides, not who is subscribed: the response is the same for everybody.
    address, address_problem, values["suggestion"] = typed_address(form)
    both = {"email": address_problem, "themes": themes_problem(site, form)}
    problems = {field: problem for field, problem in both.items() if problem}
    if problems or address is None:
        return await _form(site, request, words, status=422, **{**values, "problems": problems})
    again = {"email": email, "name": name, "language": site.renderer.tag(words)}
    typed = [(key, value) for key, value in again.items() if value]
    if names_themes:
        typed += [("which", which), *(("themes", theme) for theme in form.getlist("themes"))]
    answer = partial(site.page, request, "asked.html.j2", words, email=address.email, typed=typed, is_known=False)
    if form.get(HONEYPOT):
        return answer()
    if status := await site.refusal(request, address.key):
        values["problems"] = {"form": later_phrase(status, "later_lead")}
        return with_retry(await _form(site, request, words, status=status, **values), status)
    # After the response: neither its text nor its time tells who is subscribed.
    task = site.writes.after_response(
        "A subscription",
        subscribe.ask_to_subscribe,
        site.context,
        email,
        site.renderer.catalogue,
        name=name,
        themes=themes if names_themes else None,
        language=site.renderer.tag(words),
        origin=origin(request),
    )
    return answer(background=task)


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
        glance=await site.glance(words),
        masked=masked(confirmation.email),
        will_get=_what(site, words, confirmation.themes),
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
    task = None
    if week:
        name = "A new subscriber's latest edition"
        task = site.writes.after_response(name, latest_edition.send_latest, site.background, week)
    elif confirmed.is_new:
        task = site.writes.after_response(
            "A welcome", send_welcome, site.background, confirmed.number, site.renderer.catalogue, site.glances
        )
    return site.page(
        request,
        "confirmed.html.j2",
        words,
        background=task,
        glance=await site.glance(words),
        latest=bool(week),
        resumed=confirmed.is_paused,
        token=self_service.tokens_of(site.context).make(Purpose.PREFERENCES, confirmed.number),
        from_address=site.context.settings.newsletter.from_address,
    )


def _what(site: PublicSite, words: Translations, themes: tuple[str, ...]) -> Markup:
    """Return what a subscriber with these themes gets: the themes' titles, or the newsletter's for all."""
    return site.renderer.theme_titles(themes, words) or site.renderer.own_title(words)
