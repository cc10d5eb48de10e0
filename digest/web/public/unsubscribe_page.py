"""`/unsubscribe/TOKEN`: the page, one-click unsubscribing (RFC 8058), what is less than leaving, and coming back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from digest.model import Frequency
from digest.steps.subscribers import fewer_mails, self_service, subscribe
from digest.steps.subscribers.subscribe import Return
from digest.subscribers.consent_rules import ONE_CLICK, UNSUBSCRIBE_PAGE
from digest.subscribers.pause_dates import pause_end
from digest.subscribers.preferences import masked
from digest.web.public.pause_field import end_of_pause, form_pause, pause_values
from digest.web.public.site import PublicSite, TextForm, link_routes, link_token, origin, read_form
from digest.web.public.theme_fields import SOME, themes_problem
from digest.words.translations import Translations

_BAD_REQUEST = 400
_INSTEAD = ("monthly", "themes", "pause")  # of unsubscribing


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _unsubscribe(site, request)
        token = link_token(request)
        words = await site.words_for(request, token)
        if not self_service.may_unsubscribe(site.context, token):
            return site.stale(request, words)
        return await _show(site, request, token, words)

    return link_routes("/unsubscribe/{token}", page)


async def _show(
    site: PublicSite,
    request: Request,
    token: str,
    words: Translations,
    *,
    problems: dict[str, str] | None = None,
    form: TextForm | None = None,
) -> Response:
    """Show the page; with problems (key of a phrase by field) it keeps what the form says."""
    present = await run_in_threadpool(fewer_mails.present, site.context, token)
    if present is None:
        return site.page(request, "unused_link.html.j2", words)
    if present.left:
        return site.page(request, "left.html.j2", words)
    themes = present.themes or tuple(theme.key for theme in site.context.settings.themes)
    return site.page(
        request,
        "unsubscribe.html.j2",
        words,
        status=422 if problems else 200,
        masked=masked(present.email),
        present=present,
        chosen=() if problems and "themes" in problems else themes,
        problems=problems or {},
        suggestion="",
        **pause_values(site, form),
    )


async def _keep(
    site: PublicSite, request: Request, token: str, words: Translations, form: TextForm, act: str
) -> Response:
    """Do what somebody chose instead of unsubscribing."""
    do: Callable[[], bool]
    context, where, state, date = site.context, origin(request), "state_active", ""
    if act == "pause":
        until, problem = form_pause(site, form, words)
        if problem:
            return await _show(site, request, token, words, problems={"until": problem}, form=form)
        do = partial(fewer_mails.pause, context, token, until=until, origin=where)
        state = "state_paused_until" if until else "state_paused"
        date = end_of_pause(site, pause_end(until, context.settings.newsletter.zone), words)
    elif act == "themes":
        if problem := themes_problem(site, form, which=SOME):
            return await _show(site, request, token, words, problems={"themes": problem})
        do = partial(fewer_mails.choose_themes, context, token, tuple(form.getlist("themes")), origin=where)
    else:
        do = partial(fewer_mails.choose_frequency, context, token, Frequency.MONTHLY, origin=where)
    done = await site.writes.run(do)
    present = await run_in_threadpool(fewer_mails.present, context, token)
    if not done or present is None:
        return site.stale(request, words)
    if act != "pause" and present.frequency is Frequency.MONTHLY:
        state = "state_monthly"
    email, themes = masked(present.email), () if act == "pause" else present.themes
    return site.page(request, "kept.html.j2", words, masked=email, state=state, date=date, themes=themes)


async def _unsubscribe(site: PublicSite, request: Request) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    form = await _read_form(request)
    one_click = form.get("List-Unsubscribe") == "One-Click"
    request.state.one_click = one_click  # for the response when the store is busy
    if form.get("act") == "back":
        return await _come_back(site, request, token, words)
    if not one_click and (act := form.get("act")) in _INSTEAD:
        return await _keep(site, request, token, words, form, act)
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
