"""`digest status`."""

from __future__ import annotations

import typer

from digest.cli.common import WAITING, AsJson, WeekArgument, context_from, emit, parse_week, plain
from digest.cli.showing import status_text, week_row
from digest.edition.calendar import lines_of
from digest.steps.status import status as status_of
from digest.steps.unfinished import unfinished
from digest.steps.weeks import edition_week

app = typer.Typer()


@app.command(help="Show an edition's status and what happens next; without a week, also all that is unfinished.")
def status(ctx: typer.Context, week: WeekArgument = None, as_json: AsJson = False) -> None:
    """Exit 4 while an edition (of all, or the one named) is missing, waits for a person or is not completely sent."""
    context = context_from(ctx)
    name = parse_week(week)
    edition_status = status_of(context, edition_week(context, name))
    weeks = [each for each in unfinished(context) if name is None or each.week == name]
    text = status_text(edition_status)
    if weeks and name is None:
        text = "\n".join([text, "", "Missing or unfinished:", *(f"  {line}" for line in lines_of(weeks))])
    emit({**plain(edition_status), "unfinished": [week_row(each) for each in weeks]}, as_json, text)
    if weeks:
        raise typer.Exit(WAITING)
