"""`/mailbox`: what the embedded mail catcher received."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.web.caught_mail import CaughtMailbox, OpenedMail
from digest.web.desk.desk import Desk
from digest.web.desk.mail_views import KINDS, own_origins
from digest.web.security_headers import mail_policy

PER_PAGE = 50


def routes(desk: Desk) -> list[BaseRoute]:
    mailbox = desk.mailbox
    if mailbox is None:
        return []
    origins = own_origins(desk.settings)

    def index(request: Request) -> Response:
        page = request.query_params.get("page", "1")
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
        total = mailbox.count()
        last = max(1, -(-total // PER_PAGE))
        number = min(max(number, 1), last)
        messages = mailbox.messages(PER_PAGE, after=(number - 1) * PER_PAGE)
        return desk.page(request, "mailbox.html.j2", messages=messages, total=total, number=number, last=last)

    def message(request: Request) -> Response:
        opened = _opened(mailbox, request)
        view = request.query_params.get("view", "html" if opened.html else "text")
        view = view if view in ("html", "text", "headers") else "html"
        return desk.page(request, "message.html.j2", opened=opened, mail=opened.mail, view=view)

    def part(request: Request) -> Response:
        opened, kind = _opened(mailbox, request), request.path_params["kind"]
        policy = {"Content-Security-Policy": mail_policy(images=origins)}
        if kind == "html":
            return Response(opened.html, headers={**policy, "Content-Type": KINDS["html"]})
        if kind == "txt":
            return Response(opened.text, headers={**policy, "Content-Type": KINDS["txt"]})
        if kind != "eml":
            raise HTTPException(404)
        headers = {"Content-Disposition": f'attachment; filename="{opened.mail.id}.eml"', "Content-Type": KINDS["eml"]}
        return Response(mailbox.read(opened.mail.id), headers={**policy, **headers})

    return [
        Route("/mailbox", index),
        Route("/mailbox/{id}/email.{kind}", part),
        Route("/mailbox/{id}", message),
    ]


def _opened(mailbox: CaughtMailbox, request: Request) -> OpenedMail:
    opened = mailbox.open(request.path_params["id"])
    if opened is None:
        raise HTTPException(404)
    return opened
