"""What is typed survives: every form of the page carries its text boxes; what is not applied is saved as a draft."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError, UsageError
from digest.model import Edition, TypedField
from digest.steps.editing import drafts
from digest.steps.editing.changes import state_of
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import text_hash
from digest.web.desk.text_boxes import TextBoxes
from digest.web.desk.week_in_path import week_of

_POST_FIELDS = (TypedField.TITLE, TypedField.NOTE)
TOKEN_HEADER = "X-Digest-Token"  # noqa: S105 - the name of a header


def routes(desk: Desk) -> list[BaseRoute]:
    async def save(request: Request) -> Response:
        form = await request.form(max_files=0)
        return await run_in_threadpool(_save, desk, request, form)

    return [Route("/editions/{week}/drafts", save, methods=["POST"])]


def carry(desk: Desk, request: Request, form: FormData) -> None:
    """Save as drafts the texts that a form carries, before it does what it is for.

    A box whose text is as the page showed it was not typed in: no draft changes.
    """
    week, by, unwanted = week_of(request), desk.editor_name(request), _text(form, "what")
    verb = request.url.path.rpartition("/")[2]
    for field, post, text in _carried(request, form):
        if text_hash(text) == _text(form, f"was-{field.value}") or f"{field}/{post}".rstrip("/") == unwanted:
            continue
        with suppress(UsageError):  # the post is gone, or the text far too long: the page shows it again
            mark = _text(form, f"mark-{field.value}") or (_text(form, "seen") if verb == field.value else "")
            drafts.save(desk.context, week, by=by, field=field, post=post, text=text, mark=mark)


def settle(desk: Desk, request: Request, form: FormData) -> None:
    """After a form about one text was accepted: the edition has it, so no draft of it is needed."""
    verb, post = request.url.path.rpartition("/")[2], request.path_params.get("post", "")
    if verb in tuple(TypedField) and verb in form:
        with suppress(UsageError):
            drafts.discard(desk.context, week_of(request), by=desk.editor_name(request), field=verb, post=post)


def typed_in(form: FormData) -> dict[str, str]:
    """Return the text of every box that the form carries, for showing it again."""
    return {field.value: _text(form, field.value) for field in TypedField if field.value in form}


def boxes(
    desk: Desk, request: Request, edition: Edition, typed: Mapping[str, str] | None = None, post: str = ""
) -> TextBoxes:
    """Return the page's text boxes for whoever looks at it; `typed` is shown in those of the edition and of `post`."""
    texts = drafts.shown_to(desk.context, edition.week, edition, desk.editor_name(request))
    return TextBoxes(edition, state_of(desk.context, edition.week), texts, typed or {}, post)


def _carried(request: Request, form: FormData) -> list[tuple[TypedField, str, str]]:
    opened = _text(form, "open") or request.path_params.get("post", "")
    return [
        (field, opened if field in _POST_FIELDS else "", _text(form, field.value))
        for field in TypedField
        if field.value in form and (opened or field not in _POST_FIELDS)
    ]


def _save(desk: Desk, request: Request, form: FormData) -> Response:
    """Answer in JSON: when it was saved, or why it was not. With a stale token the answer has a new one."""
    visitor = desk.forms.visitor(request)
    if not desk.forms.is_genuine(request, _text(form, "token")):
        response = JSONResponse({"error": "This page is old."}, 403)
        response.headers[TOKEN_HEADER] = desk.forms.token(visitor)
        desk.forms.remember(request, response, visitor)
        return response
    try:
        at = drafts.save(
            desk.context,
            week_of(request),
            by=desk.editor_name(request),
            field=_text(form, "field"),
            post=_text(form, "post"),
            text=_text(form, "text"),
            mark=_text(form, "mark"),
        )
    except DigestError as error:
        return JSONResponse({"error": error.what, "remedy": error.remedy}, 409)
    return JSONResponse({"saved": clock_time(desk, at or desk.context.clock()), "unapplied": at is not None})


def clock_time(desk: Desk, moment: datetime) -> str:
    return f"{moment.astimezone(desk.settings.newsletter.zone):%H:%M}"


def _text(form: FormData, name: str) -> str:
    """Return a text field of the form, with the line ends of the store; "" if it is absent or a file."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""
