"""`digest alerts`, and what every command for cron does at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import FAILED, WITH_FAILURES, WRONG, AsJson, context_from, emit, is_quiet, settings_from
from digest.clock import clock_from_environment
from digest.errors import DigestError
from digest.model.alert import AlertRecord
from digest.steps.context import Context
from digest.text import plural

if TYPE_CHECKING:
    from digest.steps.alerting.notify import AlertReport

app = typer.Typer()

_MOST = 25  # alerts that are listed for people


@contextmanager
def alerting(context: Context) -> Iterator[None]:
    """At the end of a command that cron runs, notify of what is wrong, and send the heartbeat."""
    from digest.steps.alerting.after_run import after_run

    try:
        yield
    except typer.Exit as ending:
        after_run(context, went_well=ending.exit_code not in (FAILED, WRONG))
        raise
    except DigestError:
        after_run(context, went_well=False)
        raise
    after_run(context, went_well=True)


@app.command(help="Look for what is wrong, notify whom the settings name, and list it.")
def alerts(
    ctx: typer.Context,
    test: Annotated[bool, typer.Option("--test", help="Send a test to everybody whom alerts go to.")] = False,
    as_json: AsJson = False,
) -> None:
    from digest.steps.alert_channels import has_channel
    from digest.steps.alerting.after_run import look
    from digest.steps.alerting.notify import try_channels
    from digest.steps.alerting.unusable_store import saying_so

    settings, clock = settings_from(ctx), clock_from_environment()
    with saying_so(settings, clock):
        context = context_from(ctx)
        report = try_channels(context) if test else look(context)
    data = {"alerts": [_row(record) for record in report.alerts], "sent": report.sent, "failures": report.failures}
    # cron mails what is printed: once an hour would be too often for what the channels have.
    is_enough = is_quiet(ctx) and has_channel(context.settings) and not report.failures
    emit(data, as_json, "" if is_enough else _text(report, is_test=test))
    if report.alerts or report.failures:
        raise typer.Exit(WITH_FAILURES)


def _row(record: AlertRecord) -> dict[str, object]:
    alert = record.alert
    notified_at = max(record.notified.values(), default=None)
    return {
        "kind": alert.kind,
        "about": alert.about,
        "what": alert.what,
        "remedy": alert.remedy,
        "since": record.since,
        "notified_at": notified_at,
    }


def _text(report: AlertReport, *, is_test: bool) -> str:
    lines = [f"{record.alert.what}\n  {record.alert.remedy}" for record in report.alerts[:_MOST]]
    if len(report.alerts) > _MOST:
        lines.append(f"… and {len(report.alerts) - _MOST} more: `--json` lists them all.")
    lines += report.failures
    if not (lines or is_test):
        lines.append("Nothing is wrong.")
    if report.sent or is_test:
        lines.append(f"{plural(report.sent, 'message')} sent.")
    if report.busy:
        lines.append("Another program is sending it just now.")
    return "\n".join(lines)
