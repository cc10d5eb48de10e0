"""`digest deliveries …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.common import AsJson, WeekArgument, context_from, emit, parse_mailing, plain, say, who
from digest.mail.smtp import classify_reply
from digest.model import Delivery, DeliveryState, Mailing
from digest.steps.context import Context
from digest.steps.sending import deliveries
from digest.steps.sending.delivery_advice import continue_command
from digest.steps.sending.restored_store import accept_backup, accept_store
from digest.steps.weeks import mailing_for
from digest.text import terminal_line

_MOST_FAILED = 10  # failed deliveries, in the report of a run

app = typer.Typer(help="Deliveries and replies: list, retry, reconcile.", no_args_is_help=True)


@app.command("list", help="List deliveries, each with the server's reply.")
def list_(
    ctx: typer.Context,
    week: WeekArgument = None,
    state: Annotated[DeliveryState | None, typer.Option("--state", help="Only those in this state.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    mailing = mailing_for(context, parse_mailing(week))
    if as_csv:
        deliveries.write_csv(context, sys.stdout, mailing, state)
    elif as_json:
        sys.stdout.write('{"week":' + json.dumps(str(mailing)) + ',"deliveries":[')
        for place, one in enumerate(deliveries.stream(context, mailing, state)):
            sys.stdout.write(("," if place else "") + json.dumps(_json(one), ensure_ascii=False))
        sys.stdout.write("]}\n")
    else:
        for one in deliveries.stream(context, mailing, state):
            say(_line(one))


def _json(one: Delivery) -> dict[str, Any]:
    values: dict[str, Any] = plain(one)
    return {("week" if name == "mailing" else name): value for name, value in values.items()}


def _line(one: Delivery) -> str:
    return terminal_line("  ".join(part for part in (_address(one), one.state.value, _reply_text(one)) if part))


def _address(one: Delivery) -> str:
    return one.email or "(address forgotten)"


def _reply_text(one: Delivery) -> str:
    return "" if one.reply is None else classify_reply.describe(one.reply)


def failed_text(context: Context, mailing: Mailing) -> str:
    """Return a line for each of the first ten failed deliveries, and how to list the others. "" if none failed."""
    number, first = deliveries.first_failed(context, mailing, _MOST_FAILED)
    lines = [f"  {terminal_line(f'{_address(one)}  {_reply_text(one)}')}" for one in first]
    if number > len(lines):
        lines.append(f"  and {number - len(lines)} more: `digest deliveries list {mailing} --state failed`")
    return "\n".join(lines)


@app.command(help="Queue failed and deferred deliveries again; `digest send` sends them.")
def retry(
    ctx: typer.Context,
    week: WeekArgument = None,
    uncertain: Annotated[
        bool,
        typer.Option("--uncertain", help="Queue the uncertain ones instead: some may get the edition twice."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    mailing = mailing_for(context, parse_mailing(week))
    number = deliveries.retry(context, mailing, uncertain=uncertain, by=who())
    emit(
        {"week": str(mailing), "queued": number},
        as_json,
        f"{mailing}: {number} queued again; {continue_command(mailing)} sends them",
    )


@app.command(
    help="After restoring a backup: mark waiting deliveries as uncertain, because they may already have been sent."
)
def restored(ctx: typer.Context, week: WeekArgument = None, as_json: AsJson = False) -> None:
    context = context_from(ctx)
    mailing = mailing_for(context, parse_mailing(week))
    number = accept_backup(context, mailing)
    text = (
        f"{mailing}: {number} deliveries are uncertain now. `digest deliveries reconcile --maillog FILE` settles them; "
        f"`digest deliveries retry {mailing} --uncertain` queues them again."
    )
    emit({"week": str(mailing), "uncertain": number}, as_json, text)


@app.command(
    help="After restoring or copying the store: let it send from here, because the original has sent nothing since and"
    " will not. What was held stays held."
)
def accept(ctx: typer.Context, as_json: AsJson = False) -> None:
    reason = accept_store(context_from(ctx), by=who())
    text = f"{reason} It may send from here now." if reason else "The store may send from here already."
    emit({"reason": reason}, as_json, text)


@app.command(help="Settle uncertain deliveries from the mail server's log.")
def reconcile(
    ctx: typer.Context,
    maillog: Annotated[
        list[Path], typer.Option("--maillog", help="Postfix's log, plain or .gz; repeat it for rotated logs.")
    ],
    as_json: AsJson = False,
) -> None:
    report = deliveries.reconcile(context_from(ctx), *maillog, by=who())
    text = f"{report.sent} were sent, {report.failed} failed, {report.unknown} are still uncertain"
    if report.unknown:
        text += "\nIf the log is complete, these were never sent: `digest deliveries retry W --uncertain`."
    emit(report, as_json, text)
