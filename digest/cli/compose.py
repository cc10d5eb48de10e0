"""`digest compose`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import AsJson, Early, context_from, emit, parse_week
from digest.edition import month
from digest.steps.composing.compose import compose as compose_week
from digest.text import plural

app = typer.Typer()


@app.command(help="Build or refresh the week's draft; never touches an approved one.")
def compose(
    ctx: typer.Context,
    week: Annotated[
        str | None, typer.Option("--week", metavar="W", help="The week (default: the last closed one).")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Read every post again, without the cache.")] = False,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    composed = compose_week(context_from(ctx), parse_week(week), fresh=fresh, early=early)
    edition = composed.edition
    summary = {
        "week": edition.week,
        "status": composed.status,
        "revision": edition.revision,
        "changed": composed.changed,
        "posts": len(edition.posts),
        "left_out": len(edition.left_out),
        "months": edition.month.months if edition.month else (),
    }
    unchanged, posts = "" if composed.changed else " (unchanged)", plural(len(edition.posts), "post")
    text = (
        f"{edition.week}: {composed.status.value}, revision {edition.revision}{unchanged}, {posts}, "
        f"{len(edition.left_out)} left out.{f' {month.describe(edition)}.' if edition.month else ''}"
    )
    emit(summary, as_json, text)
