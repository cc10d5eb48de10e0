"""`/preferences`: whoever has no mail at hand types their address, and gets the link to their preferences by mail.

The page says the same whether the address is subscribed or not.
"""

from __future__ import annotations

from typing import Any

import anyio
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import by_mail
from digest.web.public.site import (
    HONEYPOT,
    PublicSite,
    later_phrase,
    link_routes,
    read_form,
    typed_address,
    with_retry,
)


def routes(site: PublicSite) -> list[BaseRoute]:
    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _send(site, request)
        return _form(site, request)

    return link_routes("/preferences", page)


def _form(site: PublicSite, request: Request, *, status: int = 200, **values: Any) -> Response:
    fields = {"email": "", "suggestion": "", "problems": {}, **values}
    return site.page(request, "own_link.html.j2", site.renderer.words(request), status=status, choice=True, **fields)


async def _send(site: PublicSite, request: Request) -> Response:
    form = await read_form(request)
    words = site.renderer.words(request)
    email = form.get("email", "")
    address, problem, suggestion = typed_address(form)
    typed = {"email": email[:254], "suggestion": suggestion}
    if problem or address is None:
        return _form(site, request, status=422, problems={"email": problem}, **typed)
    if form.get(HONEYPOT):
        return site.page(request, "own_link_sent.html.j2", words, email=address.email)
    if status := await site.refusal(request, address.key):
        refused = _form(site, request, status=status, problems={"form": later_phrase(status)}, **typed)
        return with_retry(refused, status)
    # Some time after the response, as only subscribers make work: neither its text nor its time, nor that of the next
    # response, tells who is subscribed.
    task = site.writes.after_response(
        "A link to preferences", by_mail.send_own_link, site.context, email, site.renderer.catalogue
    )
    later = BackgroundTask(_after, site.hesitation(), task)
    return site.page(request, "own_link_sent.html.j2", words, background=later, email=address.email)


async def _after(seconds: float, task: BackgroundTask) -> None:
    await anyio.sleep(seconds)
    await task()
