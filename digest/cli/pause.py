"""`digest pause | resume`: the sending of an edition, whoever sends it."""

from __future__ import annotations

import typer

from digest.cli.common import AsJson, WeekArgument, context_from, emit, parse_week, who
from digest.steps.sending import pause
from digest.steps.weeks import edition_week

app = typer.Typer()


@app.command("pause", help="Pause the sending of an edition, whoever sends it. Its approval stands.")
def pause_sending(ctx: typer.Context, week: WeekArgument = None, as_json: AsJson = False) -> None:
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    changed = pause.pause(context, name, by=who())
    text = "Whoever sends it stops within a second or two." if changed else "It was paused already."
    emit({"week": name, "paused": True, "changed": changed}, as_json, f"Paused {name}. {text}")


@app.command("resume", help="Let a paused sending go on: the next run, or `digest send`, sends the rest.")
def resume(ctx: typer.Context, week: WeekArgument = None, as_json: AsJson = False) -> None:
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    changed = pause.resume_sending(context, name, by=who())
    text = f"`digest send {name}`, or the next run, sends the rest." if changed else f"{name} was not paused."
    emit({"week": name, "paused": False, "changed": changed}, as_json, text)
