"""`digest send | correct`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.alerts import alerting
from digest.cli.common import (
    WAITING,
    WITH_FAILURES,
    AsJson,
    Early,
    WeekArgument,
    context_from,
    emit,
    parse_week,
    remark,
    who,
)
from digest.cli.deliveries import failed_text
from digest.edition.calendar import lines_of
from digest.errors import ApprovalError, MailServerError, UsageError
from digest.model import Mailing
from digest.steps.bounces import decide
from digest.steps.context import Context
from digest.steps.editing.deadline import keep_deadlines
from digest.steps.editing.revisions_sent import shares
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.notifying.notify_editors import notify_again
from digest.steps.sending.correction import correct as correct_edition
from digest.steps.sending.send import send as send_edition
from digest.steps.sending.sending_run import SendReport
from digest.steps.unfinished import unfinished
from digest.steps.weeks import edition_week
from digest.subscribers.hold_advice import hold_text
from digest.text import plural
from digest.week import Week

LOG = logging.getLogger(__name__)
app = typer.Typer()

_COUNTED = ("sent", "deferred", "failed", "uncertain", "suppressed", "queued")
DueWeekArgument = Annotated[
    str | None,
    typer.Argument(metavar="[W]", help="The ISO week, such as 2019-W12 (default: every edition that is due)."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show who would get it; send nothing.")]


@app.command(help="Send an approved edition, or continue where sending stopped.")
def send(
    ctx: typer.Context,
    week: DueWeekArgument = None,
    dry_run: DryRun = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Send at most this many now.")] = None,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    with nullcontext() if dry_run else alerting(context):
        _send(ctx, context, parse_week(week), dry_run=dry_run, limit=limit, early=early, as_json=as_json)


def _send(
    ctx: typer.Context,
    context: Context,
    name: Week | None,
    *,
    dry_run: bool,
    limit: int | None,
    early: bool,
    as_json: bool,
) -> None:
    if not (name or dry_run):
        keep_deadlines(context)
        notify_again(context)
    weeks = [name] if name else weeks_to_send(context)
    if not weeks:
        remark(ctx, "Nothing to send.")
    reports: list[SendReport] = []
    refused: list[ApprovalError] = []
    for each in weeks:
        try:
            with _failures_listed(ctx, context, each):
                report = send_edition(context, each, dry_run=dry_run, limit=limit, manual=name is not None, early=early)
        except ApprovalError as error:
            if name:
                raise
            refused.append(error)  # the next edition may still be sent
            continue
        reports.append(report)
        emit(report, False, "" if as_json else send_text(context, report))
    if as_json:
        emit(reports[0] if len(reports) == 1 else _together(reports), True, "")
    others = _unfinished(context, weeks) if name is None else False
    for refusal in refused:
        LOG.warning("%s", refusal)
    leftovers = any(map(left_over, reports))
    if leftovers or others or refused:
        raise typer.Exit(WITH_FAILURES if leftovers else WAITING)


def _together(reports: list[SendReport]) -> dict[str, object]:
    """Return no report, or several, as one JSON object: their sums, and each of them."""
    sums = {name: sum(getattr(each, name) for each in reports) for name in (*_COUNTED, "seconds")}
    return {"week": None, **sums, "editions": reports}


@contextmanager
def _failures_listed(ctx: typer.Context, context: Context, name: Week) -> Iterator[None]:
    """List failed deliveries on stderr if the mail server stopped the run: then there is no report."""
    try:
        yield
    except MailServerError:
        if failures := failed_text(context, Mailing(name)):
            remark(ctx, f"{name}, failed:\n{failures}")
        raise


def _unfinished(context: Context, besides: list[Week]) -> bool:
    """Say which other editions are missing, wait for somebody or are not completely sent; also with --quiet."""
    weeks = [each for each in unfinished(context) if each.week not in besides]
    for line in lines_of(weeks):
        LOG.warning("%s.", line)
    return bool(weeks)


@app.command(help="Send a correction to those who got the edition.")
def correct(
    ctx: typer.Context,
    week: WeekArgument = None,
    text: Annotated[
        str, typer.Option("--text", help="The text, in Markdown; without it, an interrupted correction continues.")
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help="A file with the text, in Markdown.")] = None,
    subject: Annotated[str, typer.Option("--subject", help="The subject (default: one that names the edition).")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the mail and who would get it; send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    if file is not None:
        if text:
            raise UsageError("--text and --file cannot be used together.", "Give one of the two.")
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read: {error}.", "It must be a UTF-8 text file.") from error
    report = correct_edition(
        context, edition_week(context, parse_week(week)), text, subject=subject, by=who(), dry_run=dry_run
    )
    emit(report, as_json, send_text(context, report))
    if left_over(report):
        raise typer.Exit(WITH_FAILURES)


def left_over(report: SendReport) -> bool:
    """Whether deliveries are left that a person should look at: exit 3."""
    return bool(
        report.failed or report.on_hold or report.deferred or report.uncertain or (report.busy and report.queued)
    )


def send_text(context: Context, report: SendReport) -> str:
    """Return the numbers of a run, and below them the failed deliveries."""
    parts = [f"{getattr(report, name)} {name}" for name in _COUNTED if getattr(report, name) or name == "sent"]
    stopped = f" ({report.stopped})" if report.stopped else ""
    first = f"{report.week}: {', '.join(parts)} in {report.seconds:.1f} s{stopped}"
    bounced = (
        f"{plural(report.bounced, 'subscriber')} suppressed: mail to them cannot be delivered" if report.bounced else ""
    )
    parts = [report.preview, first, shares(report.revisions), failed_text(context, report.week), bounced]
    if report.on_hold:
        parts += [f"{report.on_hold} rejections are on hold:", hold_text(decide.all_holds(context))]
    return "\n".join(part for part in parts if part)
