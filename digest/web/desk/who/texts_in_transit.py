"""Text that was sent after the log-in had ended: it travels through the log-in page, signed, and is a draft afterwards.

Nothing is sent or changed by itself: the writer finds the text in its box, and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.errors import DigestError
from digest.model import TypedField
from digest.steps.editing import drafts
from digest.web.desk.desk import Desk
from digest.web.form_tokens import is_same_origin
from digest.week import Week

_HOURS = 24
_MOST_CHARACTERS = 100_000
_PAGE = re.compile(r"/editions/(?P<week>[0-9]{4}-W[0-9]{2})(?:/posts/(?P<post>[0-9A-Za-z]{1,16}))?(?:/[a-z-]*)*")
_POST_FIELDS = (TypedField.TITLE, TypedField.NOTE)


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a form."""

    field: str
    post: str
    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class SentForm:
    """Which edition a form was about, which post was open, and the texts that it carried."""

    week: str
    post: str
    texts: tuple[Text, ...]

    @property
    def page(self) -> str:
        return f"/editions/{self.week}" + (f"?post={self.post}" if self.post else "")


class TextsInTransit:
    """Signs what the log-in page carries, and reads it again."""

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="text after log-in")

    def sign(self, form: SentForm) -> str:
        texts = [[each.field, each.post, each.text, each.mark] for each in form.texts]
        return str(self._serializer.dumps([form.week, form.post, texts]))

    def read(self, signed: str) -> SentForm | None:
        """Return what was signed; None if it is not ours, or too old."""
        try:
            week, post, texts = self._serializer.loads(signed, max_age=_HOURS * 3600)
            return SentForm(week, post, tuple(Text(*each) for each in texts))
        except (BadSignature, ValueError, TypeError):
            return None


async def sent_form(request: Request) -> SentForm | None:
    """Return the texts of a form that met the log-in page; None if there are none, or another site sent it."""
    place = _PAGE.fullmatch(request.url.path)
    if request.method != "POST" or place is None or not is_same_origin(request.headers):
        return None
    form = await form_or_none(request, max_files=0)
    if form is None:
        return None
    fields: dict[str, Any] = dict(form.items())
    post = _line(fields, "open", 16) or place["post"] or ""
    if place.string.endswith("/drafts"):
        texts = [Text(_line(fields, "field", 16), _line(fields, "post", 16), _line(fields, "text"), "")]
    else:
        texts = [
            Text(each.value, post if each in _POST_FIELDS else "", _line(fields, each.value), _mark(fields, each.value))
            for each in TypedField
            if each.value in fields
        ]
    written = [each for each in texts if each.text.strip()]
    if sum(len(each.text) for each in written) > _MOST_CHARACTERS:
        return None
    return SentForm(place["week"], post, tuple(written)) if written else None


async def form_or_none(request: Request, **limits: int) -> FormData | None:
    """Return the form; None if it cannot be read. Nothing in front of the log-in handles an error."""
    try:
        return await request.form(**limits)
    except HTTPException:
        return None


def save_all(desk: Desk, form: SentForm, *, by: str) -> tuple[Text, ...]:
    """Save the texts as drafts of whoever has logged in; return those that could not be saved."""
    lost = []
    for each in form.texts:
        try:
            drafts.save(
                desk.context,
                Week.parse(form.week),
                by=by,
                field=each.field,
                post=each.post,
                text=each.text,
                mark=each.mark,
            )
        except DigestError:
            lost.append(each)
    return tuple(lost)


def _line(fields: Mapping[str, Any], name: str, most: int = _MOST_CHARACTERS) -> str:
    value = fields.get(name, "")
    return value.replace("\r\n", "\n")[: most + 1] if isinstance(value, str) else ""


def _mark(fields: Mapping[str, Any], name: str) -> str:
    return _line(fields, f"mark-{name}", 64)


def safe_page(path: str) -> str:
    """Return a path of the desk to go to after the log-in; "/" for anything else."""
    inside = re.fullmatch(r"/(?![/\\])[A-Za-z0-9/?=&#._~%-]{0,300}", path)
    return path if inside and not path.startswith(("/login", "/logout")) else "/"
