"""`digest learned …`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import AsJson, context_from, emit, who
from digest.steps import learned
from digest.steps.learned import Lesson

LessonArgument = Annotated[str, typer.Argument(metavar="ID", help="As `digest learned list` shows it.")]

app = typer.Typer(help="What the moves of posts between themes teach: list, forget.", no_args_is_help=True)


@app.command("list", help="List the posts that editors moved to another theme, and what each move teaches.")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    lessons = learned.lessons(context_from(ctx))
    text = "\n".join(map(_text, lessons)) or "No post was moved to another theme yet: nothing was learned."
    emit({"lessons": lessons}, as_json, text)


@app.command(help="Let a move teach no more. The post stays where it is in its edition.")
def forget(ctx: typer.Context, lesson: LessonArgument, as_json: AsJson = False) -> None:
    learned.forget(context_from(ctx), lesson, by=who())
    text = f"Forgotten: {lesson}. Drafts follow when composed again.\n`digest learned remember {lesson}` undoes it."
    emit({"id": lesson, "forgotten": True}, as_json, text)


@app.command(help="Let a forgotten move teach again.")
def remember(ctx: typer.Context, lesson: LessonArgument, as_json: AsJson = False) -> None:
    learned.remember(context_from(ctx), lesson, by=who())
    emit({"id": lesson, "forgotten": False}, as_json, f"Remembered: {lesson}.")


def _text(lesson: Lesson) -> str:
    return f"{lesson.id}  {lesson.title} ({lesson.source}), moved to {lesson.theme}\n    {lesson.teaches}"
