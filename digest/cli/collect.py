"""`digest collect`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.alerts import alerting
from digest.cli.common import FAILED, WITH_FAILURES, AsJson, context_from, emit, is_quiet, parse_week
from digest.model import Outcome, SourceReport
from digest.steps.collecting.collect import CollectReport
from digest.steps.collecting.collect import collect as collect_sources
from digest.text import plural

app = typer.Typer()


@app.command(help="Fetch the feeds and keep what is new.")
def collect(
    ctx: typer.Context,
    week: Annotated[str | None, typer.Option("--week", metavar="W", help="The week to collect for.")] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only this source.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also fetch sources that are not due yet.")] = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    with alerting(context):
        report = collect_sources(context, week=parse_week(week), source=source, force=force)
        # With --quiet what fails is in the log, as warnings: cron would mail a line for each source, each hour.
        emit(report, as_json, "" if is_quiet(ctx) else report_text(report))
        bad = [row for row in report.sources if row.outcome in (Outcome.ERROR, Outcome.GONE)]
        if bad:
            raise typer.Exit(FAILED if len(bad) == len(report.sources) else WITH_FAILURES)


def numbers_of(row: SourceReport) -> str:
    quarantine = f" ({row.quarantined} in quarantine)" if row.quarantined else ""
    left_out = "".join(f", {number} left out ({reason})" for reason, number in row.left_out.items())
    return f"{row.new} new{quarantine}{left_out}"


def report_text(report: CollectReport) -> str:
    lines = [report.finding] if report.finding else []
    for row in report.sources:
        if report.finding and row.reason == report.finding:
            continue  # said once
        tail = f": {row.reason}" if row.reason else ""
        moved = f" (moved to {row.moved_to})" if row.moved_to else ""
        lines.append(
            f"{row.outcome.value:9} {row.name}: {plural(row.entries, 'entry', 'entries')}, "
            f"{numbers_of(row)}{tail}{moved}"
        )
    return "\n".join(lines) or "There are no active sources in digest.toml."
