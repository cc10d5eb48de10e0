"""`/preferences/TOKEN`: themes, frequency, language, name, pause. Asked for here: address, data, erasing."""

from __future__ import annotations

from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from digest.model import Frequency, SubscriberStatus
from digest.steps.subscribers import by_mail, change_address, fewer_mails, self_service
from digest.steps.subscribers.by_mail import Act
from digest.steps.subscribers.self_service import Preferences
from digest.subscribers.preferences import masked
from digest.web.public.pause_field import end_of_pause, form_pause, pause_values
from digest.web.public.site import (
    PublicSite,
    TextForm,
    later_phrase,
    link_routes,
    link_token,
    origin,
    read_form,
    typed_address,
    with_retry,
)
from digest.web.public.theme_fields import ALL, SOME, form_themes, themes_problem
from digest.words.language_tags import name_of, own_name_of

_ACTS = {"export": Act.EXPORT, "erase": Act.ERASE}

Problems = dict[str, str]
"""Key of a phrase by field; "form" is the whole form."""


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        return await (_change(site, request) if request.method == "POST" else _show(site, request))

    async def data(request: Request) -> Response:
        """Lead to the page that asks for the link: mails and bookmarks have this URL."""
        return RedirectResponse(f"{site.prefix}/preferences/{link_token(request)}#data", 303)

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
    form: TextForm | None = None,
    suggestion: str = "",
    status: int = 422,
    background: BackgroundTask | None = None,
) -> Response:
    """Show the page. `done` is the key of the phrase that says what was changed.

    With problems it keeps what the form says; `suggestion` is what its new address probably means.
    """
    token = link_token(request)
    words = await site.words_for(request, token)
    subscriber = await run_in_threadpool(self_service.preferences, site.context, token)
    if subscriber is None:
        return site.stale(request, words)
    return site.page(
        request,
        "preferences.html.j2",
        words,
        status=status if problems else 200,
        background=background,
        token=token,
        subscriber=subscriber,
        masked=masked(subscriber.email),
        languages=_languages(site, subscriber.language),
        newsletters=name_of(site.renderer.own.split("-")[0], words.language),
        statuses=SubscriberStatus,
        done=done,
        problems=problems or {},
        paused_until=end_of_pause(site, subscriber.paused_until, words),
        **pause_values(site, form if problems else None, subscriber.paused_until),
        suggestion=suggestion,
        **_values(subscriber, form if problems else None),
    )


def _values(subscriber: Preferences, form: TextForm | None) -> dict[str, Any]:
    """Return what the fields show: what was typed into their form, else what is stored."""
    values = {
        "email": form.get("email")[:254] if form else "",
        "name": subscriber.name,
        "language": subscriber.language,
        "frequency": subscriber.frequency.value,
        "which": SOME if subscriber.themes else ALL,
        "chosen": subscriber.themes,
    }
    if form is not None and form.get("act") == "save":
        values |= {
            "name": form.get("name")[:100],
            "language": form.get("language", subscriber.language),
            "frequency": form.get("frequency", subscriber.frequency.value),
            "which": form_themes(form)[0],
            "chosen": tuple(form.getlist("themes")),
        }
    return values


def _languages(site: PublicSite, current: str) -> list[tuple[str, str]]:
    """Return the languages to choose from, each with its own name for itself."""
    known = self_service.languages(site.context)
    tags = known if current in ("", *known) else (*known, current)
    return sorted(((tag, own_name_of(tag)) for tag in tags), key=lambda pair: pair[1].casefold())


async def _change(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    form = await read_form(request)
    if await run_in_threadpool(self_service.subscriber_of, site.context, token) is None:
        return site.stale(request, await site.words_for(request, token))
    act = form.get("act", "")
    if act in _ACTS:
        return await _send_link(site, request, token, _ACTS[act])
    if act == "move":
        return await _request_address_change(site, request, token, form)
    if act == "pause":
        until, problem = form_pause(site, form, await site.words_for(request, token))
        if problem:
            return await _show(site, request, problems={"until": problem}, form=form)
        await site.writes.run(fewer_mails.pause, site.context, token, until=until, origin=origin(request))
        return await _show(site, request, done="paused")
    done, problems = await site.writes.run(_apply, site, token, act, form, origin(request))
    return await _show(site, request, done=done, problems=problems, form=form)


def _apply(site: PublicSite, token: str, act: str, form: TextForm, where: str) -> tuple[str, Problems]:
    """Save what the form asks for. Return the key of the phrase that says so, or the problems."""
    if act == "save":
        (_, themes), language = form_themes(form), form.get("language", None)
        if problem := themes_problem(site, form):
            return "", {"themes": problem}
        if language is not None and not self_service.may_choose(site.context, token, language):
            return "", {"language": "no_such_language"}
        frequency = form.get("frequency")
        self_service.save_preferences(
            site.context,
            token,
            name=form.get("name", ""),
            themes=themes,
            language=language,
            frequency=Frequency(frequency) if frequency in list(Frequency) else None,
            origin=where,
        )
        return "saved", {}
    if act == "resume":
        fewer_mails.resume(site.context, token, origin=where)
        return "resumed", {}
    return "", {"form": "form_said_nothing"}


async def _send_link(site: PublicSite, request: Request, token: str, act: Act) -> Response:
    if status := await site.refusal(request, token):
        return site.later(request, await site.words_for(request, token), status)
    task = site.writes.after_response(
        "A link by mail", by_mail.ask_for_link, site.context, token, act, site.renderer.catalogue
    )
    return await _show(site, request, done="link_sent", background=task)


async def _request_address_change(site: PublicSite, request: Request, token: str, form: TextForm) -> Response:
    _, problem, suggestion = typed_address(form)
    if problem:
        return await _show(site, request, problems={"email": problem}, form=form, suggestion=suggestion)
    if status := await site.refusal(request, token):
        refused = await _show(site, request, problems={"form": later_phrase(status)}, form=form, status=status)
        return with_retry(refused, status)
    # After the response, as with a subscription.
    values = (site.context, token, form.get("email"), site.renderer.catalogue)
    task = site.writes.after_response(
        "A change of address", change_address.ask_to_change_address, *values, origin=origin(request)
    )
    return await _show(site, request, done="link_sent", background=task)
