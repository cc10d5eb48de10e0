"""`/learned`: the moves of posts that themes learn from, what each changes, and forms to forget and to remember one."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.steps import learned
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import field
from digest.web.desk.page_forms import page_form

PAGE = 50  # moves


def routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route("/learned", lambda request: _show(desk, request)),
        Route("/learned/forget", page_form(desk, _forget, _again), methods=["POST"]),
        Route("/learned/remember", page_form(desk, _remember, _again), methods=["POST"]),
    ]


def _show(desk: Desk, request: Request, *, status: int = 200, error: DigestError | None = None) -> Response:
    lessons = learned.lessons(desk.context)
    text = request.query_params.get("page", "1")
    last = max(-(-len(lessons) // PAGE), 1)
    number = min(max(int(text), 1), last) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return desk.page(
        request,
        "learned.html.j2",
        status=status,
        error=error,
        lessons=lessons[(number - 1) * PAGE : number * PAGE],
        total=len(lessons),
        forgotten=sum(lesson.forgotten for lesson in lessons),
        number=number,
        pages=last,
        titles={theme.key: theme.title for theme in desk.settings.themes} | {"elsewhere": "Elsewhere"},
    )


def _again(desk: Desk, request: Request, form: FormData, *, status: int, error: DigestError) -> Response:
    del form  # nothing is typed on this page
    return _show(desk, request, status=status, error=error)


def _forget(desk: Desk, request: Request, form: FormData) -> Response:
    lesson = field(form, "lesson")
    learned.forget(desk.context, lesson, by=desk.editor_name(request))
    return desk.redirect(
        _place(lesson), "Forgotten. The post stays where it is; drafts follow when they are composed again."
    )


def _remember(desk: Desk, request: Request, form: FormData) -> Response:
    lesson = field(form, "lesson")
    learned.remember(desk.context, lesson, by=desk.editor_name(request))
    return desk.redirect(_place(lesson), "Remembered: the move teaches again.")


def _place(lesson: str) -> str:
    """The page again, at the row: its id is a week and hexadecimal digits."""
    return f"/learned#move-{lesson.replace(':', '-')}"
