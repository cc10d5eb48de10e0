"""`/mailbox`: what the embedded catcher received."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.web.caught_mail import CaughtMailbox, OpenedMail
from digest.web.desk.desk import Desk
from digest.web.desk.mail_views import KINDS, own_origins
from digest.web.security import mail_policy

ON_A_PAGE = 50


def routes(desk: Desk) -> list[BaseRoute]:
    mailbox = desk.mailbox
    if mailbox is None:
        return []
    origins = own_origins(desk.settings)

    def index(request: Request) -> Response:
        asked = request.query_params.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
        total = mailbox.count()
        last = max(1, -(-total // ON_A_PAGE))
        number = min(max(number, 1), last)
        messages = mailbox.messages(ON_A_PAGE, after=(number - 1) * ON_A_PAGE)
        return desk.page(request, "mailbox.html.j2", messages=messages, total=total, number=number, last=last)

    def message(request: Request) -> Response:
        letter = _letter(mailbox, request)
        shown = request.query_params.get("view", "html" if letter.html else "text")
        return desk.page(
            request, "message.html.j2", letter=letter, shown=shown if shown in ("html", "text", "headers") else "html"
        )

    def part(request: Request) -> Response:
        letter, kind = _letter(mailbox, request), request.path_params["kind"]
        policy = {"Content-Security-Policy": mail_policy(images=origins)}
        if kind == "html":
            return Response(letter.html, headers={**policy, "Content-Type": KINDS["html"]})
        if kind == "txt":
            return Response(letter.text, headers={**policy, "Content-Type": KINDS["txt"]})
        if kind != "eml":
            raise HTTPException(404)
        named = {"Content-Disposition": f'attachment; filename="{letter.caught.id}.eml"', "Content-Type": KINDS["eml"]}
        return Response(mailbox.read(letter.caught.id), headers={**policy, **named})

    return [
        Route("/mailbox", index),
        Route("/mailbox/{id}/email.{kind}", part),
        Route("/mailbox/{id}", message),
    ]


def _letter(mailbox: CaughtMailbox, request: Request) -> OpenedMail:
    letter = mailbox.open(request.path_params["id"])
    if letter is None:
        raise HTTPException(404)
    return letter
