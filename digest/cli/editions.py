"""`digest editions …`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import AsJson, WeekArgument, context_from, emit, parse_week, who
from digest.cli.showing import week_row
from digest.steps.context import Context
from digest.steps.weeks import edition_week
from digest.text import plural
from digest.week import Week

if TYPE_CHECKING:
    from digest.steps.editing.changes import Made

app = typer.Typer(help="List all weeks; what was changed in one; bring a revision back.", no_args_is_help=True)


@app.command("list", help="List every week since the first edition, with those that have none.")
def list_weeks(ctx: typer.Context, as_json: AsJson = False) -> None:
    from digest.steps.unfinished import edition_calendar

    weeks = edition_calendar(context_from(ctx))
    lines = [f"{each.week}  {each.state:<9} {plural(each.posts, 'post'):>9}  {each.rest}" for each in weeks]
    emit({"weeks": [week_row(each) for each in weeks]}, as_json, "\n".join(lines) or "There is no edition yet.")


@app.command(help="Show what was changed in an edition, from what to what, by whom.")
def history(
    ctx: typer.Context,
    week: WeekArgument = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a CSV file.")] = False,
    as_json: AsJson = False,
) -> None:
    from digest.steps.editing import history as histories
    from digest.steps.editing import history_export

    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    if as_csv:
        typer.echo(history_export.as_csv(histories.entries(context, name)), nl=False)
        return
    text = "" if as_json else history_export.as_text(histories.history(context, name))
    rows = history_export.as_rows(histories.entries(context, name)) if as_json else []
    emit({"week": name, "changes": rows}, as_json, text or f"Nothing was changed in {name} yet.")


@app.command(help="Undo one change of an edition; undoing an undo makes the change again.")
def undo(
    ctx: typer.Context,
    change: Annotated[int, typer.Argument(metavar="CHANGE", help="Its number, as `digest editions history` shows it.")],
    week: WeekArgument = None,
    as_json: AsJson = False,
) -> None:
    from digest.steps.editing.undo import undo as undo_change

    _change(ctx, week, lambda context, name: undo_change(context, name, change, by=who()), as_json)


@app.command(help="Bring back the decisions, words and order of an earlier revision.")
def restore(
    ctx: typer.Context,
    revision: Annotated[int, typer.Argument(metavar="REVISION", help="Its number.")],
    week: WeekArgument = None,
    as_json: AsJson = False,
) -> None:
    from digest.steps.editing.undo import restore as restore_revision

    _change(ctx, week, lambda context, name: restore_revision(context, name, revision, by=who()), as_json)


def _change(ctx: typer.Context, week: str | None, work: Callable[[Context, Week], Made], as_json: bool) -> None:
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    made = work(context, name)
    emit({"week": name, "change": made.id, "revision": made.revision}, as_json, made.sentence)
