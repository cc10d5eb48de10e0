"""The edition mail itself: its exact bytes, and the views of it in the workbench's frame."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.mail.rendering.design import design_of
from digest.settings import Settings
from digest.steps.editing.as_subscriber import as_subscriber, number_in
from digest.steps.editing.edition_view import exact, load_edition
from digest.web.desk.desk import Desk
from digest.web.desk.mail_marks import marked_policy, with_marks
from digest.web.desk.week_in_path import week_of
from digest.web.security_headers import mail_policy
from digest.words.language_tags import canonical

KINDS = {
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "mjml": "text/plain; charset=utf-8",
    "eml": "message/rfc822",
}


def is_monthly(request: Request) -> bool:
    """Whether the request asks for the mail of monthly subscribers."""
    return request.query_params.get("monthly", "") == "yes"


def own_origins(settings: Settings) -> list[str]:
    """Return the origins of the newsletter's own pictures: those of its logo and, if posts have pictures, of these."""
    own = [settings.design.logo, *([settings.newsletter.public_url] if settings.has_pictures else [])]
    parts = [urlsplit(url) for url in own if url]
    return list(dict.fromkeys(f"{each.scheme}://{each.netloc}" for each in parts if each.netloc))


def with_pictures_from_here(html: str, settings: Settings) -> str:
    """Return the mail with the pictures of posts from the desk: the public pages may be elsewhere, or not run yet.

    A picture's name is a hash of its bytes, so these are the same.
    """
    if not settings.has_pictures:
        return html
    return html.replace(f'"{design_of(settings).picture_url("")}', '"/archive/images/')


def in_colour_scheme(html: str, scheme: str) -> str:
    """Return the mail as a client with that colour scheme ("light" or "dark") shows it, whatever the editor's own."""
    for each in ("light", "dark"):
        query = "(min-width:0)" if each == scheme else "(max-width:0)"
        html = re.sub(rf"\(\s*prefers-color-scheme\s*:\s*{each}\s*\)", query, html)
    return html.replace("</head>", f"<style>:root{{color-scheme:{scheme}}}</style></head>", 1)  # the canvas follows


def routes(desk: Desk) -> list[BaseRoute]:
    def exact_bytes(request: Request) -> Response:
        week, kind = week_of(request), request.path_params["kind"]
        if kind not in KINDS:
            raise HTTPException(404)
        language, monthly = request.query_params.get("language", ""), is_monthly(request)
        content = exact(desk.context, week, "text" if kind == "txt" else kind, language, monthly=monthly)
        headers = {"Content-Security-Policy": mail_policy(images=own_origins(desk.settings))}
        if kind == "eml":
            name = "-".join(filter(None, (str(week), "monthly" if monthly else "", canonical(language))))
            headers["Content-Disposition"] = f'attachment; filename="{name}.eml"'
        return Response(content, headers={**headers, "Content-Type": KINDS[kind]})

    def view(request: Request) -> Response:
        week, name = week_of(request), request.path_params["name"]
        if name not in ("light", "dark", "images-off"):
            raise HTTPException(404)
        number, language = request.query_params.get("as", ""), request.query_params.get("language", "")
        content = (
            as_subscriber(desk.context, week, number_in(number)).mail.html
            if number
            else exact(desk.context, week, "html", language, monthly=is_monthly(request)).decode()
        )
        _, edition = load_edition(desk.context, week)
        content = with_pictures_from_here(content, desk.settings)
        html = with_marks(in_colour_scheme(content, "dark" if name == "dark" else "light"), edition)
        policy = marked_policy(None if name == "images-off" else own_origins(desk.settings))
        return Response(html, headers={"Content-Security-Policy": policy, "Content-Type": KINDS["html"]})

    return [
        Route("/editions/{week}/email.{kind}", exact_bytes),
        Route("/editions/{week}/view/{name}", view),
    ]
