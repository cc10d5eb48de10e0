"""`digest posts …`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import FAILED, AsJson, context_from, emit, parse_week, who
from digest.errors import UsageError

WeekOption = Annotated[
    str | None,
    typer.Option("--week", metavar="W", help="The edition, such as 2019-W12 (default: the newest that can be edited)."),
]

app = typer.Typer(help="Find any post that was collected, and where it is; add a page.", no_args_is_help=True)


@app.command(help="Search the titles, texts and sources of all that was collected lately, and say where each post is.")
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="Words, or the address of a page.")],
    week: WeekOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, metavar="N", help="Posts that are listed.")] = 30,
    as_json: AsJson = False,
) -> None:
    from digest.steps.editing.find_posts import edition_to_fill, find_posts

    context = context_from(ctx)
    seen_from = edition_to_fill(context, parse_week(week))
    result = find_posts(context, " ".join(words), week=seen_from, limit=limit)
    lines = [f"{post.title} ({post.source}, {post.published:%Y-%m-%d})\n    {post.where}." for post in result.posts]
    if len(result.posts) < result.total:
        lines.append(f"{result.total} posts; the first {len(result.posts)} are listed.")
    text = "\n".join([*lines, *filter(None, [result.remark])]) or "No post was found."
    emit(
        {
            "week": seen_from,
            "query": result.query,
            "total": result.total,
            "posts": result.posts,
            "remark": result.remark,
        },
        as_json,
        text,
    )


@app.command(help="Add a web page to an edition as a post, in your name.")
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The page's address.")],
    week: WeekOption = None,
    copy: Annotated[bool, typer.Option("--copy", help="Also where it says the same as a post that is known.")] = False,
    as_json: AsJson = False,
) -> None:
    from digest.steps.editing.add_post import Added, add_post
    from digest.steps.editing.find_posts import edition_to_fill

    context = context_from(ctx)
    target = edition_to_fill(context, parse_week(week))
    if target is None:
        raise UsageError("There is no edition that can be edited.", "Compose one with `digest compose`.")
    outcome = add_post(context, target, url, by=who(), despite_copy=copy)
    if isinstance(outcome, Added):
        undo = f"`digest editions undo {outcome.change} {target}` undoes it."
        summary = [f"    {sentence}" for sentence in outcome.summary]
        emit({"added": True, "post": outcome}, as_json, "\n".join([outcome.sentence, *summary, undo]))
        return
    remedy = " `--copy` adds it all the same." if outcome.is_copy else ""
    emit({"added": False, "post": outcome.post, "reason": outcome.sentence}, as_json, f"{outcome.sentence}{remedy}")
    raise typer.Exit(FAILED)
