"""`/preferences/TOKEN`: themes, language, name, pause, a new address, erasing; and the personal data as JSON."""

from __future__ import annotations

import json

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.model import SubscriberStatus
from digest.steps.subscribers import change_address, self_service
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.preferences import masked
from digest.web.public.localised_pages import PRIVATE
from digest.web.public.site import (
    PublicSite,
    TextForm,
    address_problem,
    link_routes,
    link_token,
    origin,
    read_form,
    suggestion_for,
)
from digest.words.language_tags import name_of, own_name_of

Problems = dict[str, str]
"""Key of a phrase by field; "form" is the whole form."""


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        return await (_change(site, request) if request.method == "POST" else _show(site, request))

    async def data(request: Request) -> Response:
        token = link_token(request)
        values = await run_in_threadpool(self_service.personal_data, site.context, token)
        if values is None:
            return site.stale(request, await site.words_for(request, token))
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"', **PRIVATE}
        body = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
        return Response(body, media_type="application/json", headers=headers)

    return [
        *link_routes("/preferences/{token}", page),
        Route("/preferences/{token}/data.json", data),
    ]


async def _show(
    site: PublicSite,
    request: Request,
    *,
    done: str = "",
    problems: Problems | None = None,
    email: str = "",
    suggestion: str = "",
    background: BackgroundTask | None = None,
) -> Response:
    """Show the page. `done` is the key of the phrase that says what was changed; `email` the new address in the form,
    and `suggestion` what was probably meant by it."""
    token = link_token(request)
    words = await site.words_for(request, token)
    subscriber = await run_in_threadpool(self_service.preferences, site.context, token)
    if subscriber is None:
        return site.stale(request, words)
    return site.page(
        request,
        "preferences.html.j2",
        words,
        status=422 if problems else 200,
        background=background,
        token=token,
        subscriber=subscriber,
        masked=masked(subscriber.email),
        languages=_languages(site, subscriber.language),
        newsletters=name_of(site.renderer.own.split("-")[0], words.language),
        statuses=SubscriberStatus,
        done=done,
        problems=problems or {},
        email=email[:254],
        suggestion=suggestion,
    )


def _languages(site: PublicSite, current: str) -> list[tuple[str, str]]:
    """Return the languages to choose from, each with its own name for itself."""
    known = self_service.languages(site.context)
    tags = known if current in ("", *known) else (*known, current)
    return sorted(((tag, own_name_of(tag)) for tag in tags), key=lambda pair: pair[1].casefold())


async def _change(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    form = await read_form(request)
    act = form.get("act", "")
    if act == "erase":
        return await _erase(site, request, token, confirmed=form.get("sure", "") == "yes")
    if act == "move":
        return await _request_address_change(site, request, token, form)
    done, problems = await site.writes.run(_apply, site, token, act, form, origin(request))
    return await _show(site, request, done=done, problems=problems)


def _apply(site: PublicSite, token: str, act: str, form: TextForm, where: str) -> tuple[str, Problems]:
    """Save what the form asks for. Return the key of the phrase that says so, or the problems."""
    if act == "save":
        themes, language = tuple(form.getlist("themes")), form.get("language", None)
        if self_service.themes_of(site.context, themes) is None:
            return "", {"themes": "no_such_theme"}
        if language is not None and not self_service.may_choose(site.context, token, language):
            return "", {"language": "no_such_language"}
        name = form.get("name", "")
        self_service.save_preferences(site.context, token, name=name, themes=themes, language=language, origin=where)
        return "saved", {}
    if act in ("pause", "resume"):
        self_service.pause(site.context, token, paused=act == "pause", origin=where)
        return ("paused" if act == "pause" else "resumed"), {}
    return "", {"form": "form_said_nothing"}


async def _request_address_change(site: PublicSite, request: Request, token: str, form: TextForm) -> Response:
    email = form.get("email", "")
    address = parse_address(email)
    if not isinstance(address, Address):
        return await _show(site, request, problems={"email": address_problem(email)}, email=email)
    if suggestion := suggestion_for(form, address):
        return await _show(site, request, problems={"email": "did_you_mean"}, email=email, suggestion=suggestion)
    if not site.may_request_mail(request):
        return site.page(request, "later.html.j2", await site.words_for(request, token), status=429)
    # After the response, as with a subscription: its time does not tell whose address it is.
    values = (site.context, token, email, site.renderer.catalogue)
    task = site.writes.after_response(
        "A change of address", change_address.ask_to_change_address, *values, origin=origin(request)
    )
    return await _show(site, request, done="move_asked", background=task)


async def _erase(site: PublicSite, request: Request, token: str, *, confirmed: bool) -> Response:
    words = await site.words_for(request, token)
    if not confirmed:
        return site.page(request, "sure.html.j2", words, token=token)
    erased = await site.writes.run(self_service.erase, site.context, token, origin=origin(request))
    return site.page(request, "erased.html.j2", words) if erased else site.stale(request, words)
