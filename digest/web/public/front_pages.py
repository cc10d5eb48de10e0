"""`/`, the front page, and what leads others to it: `/latest.json`, `/subscribe/qr.svg`, `/contact.vcf`.

The JSON and the picture may be used by any other site; they are the same for everybody.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.escape import clean
from digest.web.archive.share_pictures import SharePictures
from digest.web.archive.writer import timestamp
from digest.web.public.contact_card import contact_card
from digest.web.public.glance_values import glance_values
from digest.web.public.site import EMPTY_FORM, PublicSite
from digest.web.qr_code import qr_svg

_FOR_OTHER_SITES = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}


def routes(site: PublicSite) -> list[BaseRoute]:
    async def front(request: Request) -> Response:
        words = site.renderer.words(request)
        glance = await site.glance(words)
        tag, addresses = site.renderer.tag(words), _addresses(site)
        return site.page(
            request,
            "front.html.j2",
            words,
            choice=True,
            indexed=True,
            glance=glance,
            address=addresses.get(tag, ""),
            alternates=tuple(addresses.items()),
            share=SharePictures(site.design, site.renderer.own).of_newsletter,
            **EMPTY_FORM,
        )

    async def latest(_request: Request) -> Response:
        data = await run_in_threadpool(_latest, site, _address(site))
        text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        return Response(text, media_type="application/json", headers=_FOR_OTHER_SITES)

    async def picture(_request: Request) -> Response:
        title = site.context.settings.newsletter.title
        image = qr_svg(f"{_address(site)}/subscribe", title=site.renderer.own_words.text("subscribe_to", title=title))
        return Response(image, media_type="image/svg+xml", headers=_FOR_OTHER_SITES)

    async def contact(_request: Request) -> Response:
        newsletter = site.context.settings.newsletter
        card = contact_card(newsletter.title, newsletter.from_address, newsletter.public_url)
        headers = {"Content-Disposition": 'attachment; filename="contact.vcf"'}
        return Response(card, media_type="text/vcard; charset=utf-8", headers=headers)

    return [
        *(Route(path, front) for path in ("/", site.prefix) if path),
        Route("/latest.json", latest),
        Route("/subscribe/qr.svg", picture),
        Route("/contact.vcf", contact),
    ]


def _addresses(site: PublicSite) -> dict[str, str]:
    """Return the front page's address by language, the newsletter's own first; none without a public URL."""
    public, renderer = site.context.settings.newsletter.public_url.rstrip("/"), site.renderer
    if not public:
        return {}
    own = renderer.tag(renderer.own_words)
    others = {tag: f"{public}/?lang={tag}" for tag in renderer.catalogue.languages if tag != own}
    return {own: f"{public}/"} | others


def _address(site: PublicSite) -> str:
    """Return where the pages are reached from outside. Raises HTTPException where that is not known."""
    address = site.context.settings.newsletter.public_url.rstrip("/")
    if not address:
        raise HTTPException(404)
    return address


def _latest(site: PublicSite, address: str) -> dict[str, Any]:
    newsletter, words, archive = site.context.settings.newsletter, site.renderer.own_words, f"{address}/archive/"
    glance = site.glances()
    values = glance_values(site.context.settings, glance, words)
    title = clean(newsletter.title)
    data: dict[str, Any] = {"newsletter": title, "subscribe": f"{address}/subscribe"}
    if not values.editions:
        return data | {"title": None, "url": None, "published": None, "headlines": []}
    return data | {
        "title": words.text("subject", title=title, dates=values.editions[0].title),
        "url": f"{archive}{values.editions[0].path}",
        "published": timestamp(glance.editions[0].ends),
        "headlines": [
            {"title": one.title, "url": f"{archive}{link.path}"} | ({"language": one.language} if one.language else {})
            for one, link in zip(glance.headlines, values.headlines, strict=True)
        ],
    }
