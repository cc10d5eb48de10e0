"""`/data/TOKEN` and `/erase/TOKEN`: what the link in a notice to the present address does. GET only asks."""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digest.steps.subscribers import by_mail
from digest.steps.subscribers.by_mail import Act
from digest.subscribers.preferences import masked
from digest.web.public.localised_pages import PRIVATE
from digest.web.public.site import PublicSite, link_routes, link_token, origin


def routes(site: PublicSite) -> list[BaseRoute]:
    async def data(request: Request) -> Response:
        token = link_token(request)
        if request.method != "POST":
            return await _ask(site, request, Act.EXPORT, "data.html.j2")
        values = await run_in_threadpool(by_mail.personal_data, site.context, token)
        if values is None:
            return site.stale(request, await site.words_for(request, token))
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"', **PRIVATE}
        body = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
        return Response(body, media_type="application/json", headers=headers)

    async def erase(request: Request) -> Response:
        token = link_token(request)
        if request.method != "POST":
            return await _ask(site, request, Act.ERASE, "sure.html.j2")
        words = await site.words_for(request, token)
        erased = await site.writes.run(by_mail.erase, site.context, token, origin=origin(request))
        return site.page(request, "erased.html.j2", words) if erased else site.stale(request, words)

    return [*link_routes("/data/{token}", data), *link_routes("/erase/{token}", erase)]


async def _ask(site: PublicSite, request: Request, act: Act, template: str) -> Response:
    token = link_token(request)
    words = await site.words_for(request, token)
    email = await run_in_threadpool(by_mail.email_for, site.context, token, act)
    return site.page(request, template, words, masked=masked(email)) if email else site.stale(request, words)
