"""`digest run`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.alerts import alerting
from digest.cli.common import (
    DONE,
    FAILED,
    WAITING,
    WITH_FAILURES,
    AsJson,
    Early,
    context_from,
    emit,
    parse_week,
    remark,
)
from digest.cli.send import left_over, send_text
from digest.collect import explain_failure
from digest.edition import month
from digest.errors import UsageError
from digest.model import EditionStatus, Outcome, SourceReport
from digest.steps.context import Context
from digest.steps.run import RunReport
from digest.steps.run import run as run_week
from digest.steps.scheduled import Waits

app = typer.Typer()


@app.command(help="Run all steps in one process: for cron, without Prefect.")
def run(
    ctx: typer.Context,
    week: Annotated[str | None, typer.Argument(metavar="[W]", help="The week (default: the last closed one).")] = None,
    no_send: Annotated[bool, typer.Option("--no-send", help="Stop before sending.")] = False,
    due: Annotated[
        bool, typer.Option("--due", help="Only if the draft's time in [schedule] has come and there is none: for cron.")
    ] = False,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    if due and week:
        raise UsageError("--due and a week exclude each other.", "--due finds out which week is due.")
    context = context_from(ctx)
    with alerting(context):
        report = run_week(context, parse_week(week), sending=not no_send, early=early, due=due)
        if isinstance(report, Waits):
            remedy = "" if due else f" `digest run {report.week}` runs it all the same."
            emit({"week": report.week, "waits": report.sentence, "until": report.until}, as_json, "")
            if not as_json:
                remark(ctx, f"{report.sentence}{remedy}")
            return
        edition = report.compose_report.edition
        summary = {
            "week": report.week,
            "status": report.status,
            "revision": edition.revision,
            "posts": len(edition.posts),
            "left_out": len(edition.left_out),
            "months": edition.month.months if edition.month else (),
            "sources": report.sources,
            "sent": report.send_report,
            "seconds": report.seconds,
        }
        emit(summary, as_json, run_text(context, report))
        raise typer.Exit(_code(report, sending=not no_send))


def _trouble(row: SourceReport) -> str:
    """What is about this machine is the same line for all sources."""
    return row.reason if row.reason == explain_failure.NO_NAMES else f"{row.name}: {row.reason}"


def run_text(context: Context, report: RunReport) -> str:
    edition = report.compose_report.edition
    bad = [row for row in report.sources if row.outcome in (Outcome.ERROR, Outcome.GONE)]
    lines = [
        f"{report.week}: {report.status.value}, revision {edition.revision}",
        f"sources    {len(report.sources)}, {len(bad)} failing",
        *(f"           {line}" for line in dict.fromkeys(map(_trouble, bad))),
        f"posts      {len(edition.posts)} in the edition, {len(edition.left_out)} left out",
        *(f"           {section.title}: {len(section.posts)}" for section in edition.sections),
        *([f"           {month.describe(edition)}"] if edition.month else []),
    ]
    if report.send_report:
        lines.append(f"deliveries {send_text(context, report.send_report)}")
    elif report.status is EditionStatus.DRAFT:
        then = (
            f"look at it with `digest preview`, then `digest approve {report.week}`"
            if edition.posts
            else f"without posts: add some (`digest preview`), or `digest skip {report.week}`"
        )
        lines.append(f"next       {then}")
    lines.append("seconds    " + ", ".join(f"{name} {seconds}" for name, seconds in report.seconds.items()))
    return "\n".join(lines)


def _code(report: RunReport, *, sending: bool) -> int:
    if report.sources and all(row.outcome in (Outcome.ERROR, Outcome.GONE) for row in report.sources):
        return FAILED
    if sending and report.status in (EditionStatus.DRAFT, EditionStatus.HELD):
        return WAITING
    troubled = any(row.outcome in (Outcome.ERROR, Outcome.GONE) for row in report.sources)
    return WITH_FAILURES if troubled or (report.send_report and left_over(report.send_report)) else DONE
