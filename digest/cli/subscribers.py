"""`digest subscribers …`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import WITH_FAILURES, AsJson, context_from, emit, plain, remark, say, who
from digest.cli.subscribers_import import AcceptDoubtful, import_command
from digest.errors import UsageError
from digest.model import EffectiveStatus, Frequency, SubscriberStatus
from digest.private_files import open_private
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers import restore as restoring
from digest.subscribers.csv_file import write_csv
from digest.text import plural, terminal_line

app = typer.Typer(help="Import, export, add, remove, restore, history.", no_args_is_help=True)

EmailArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The subscriber's address.")]
StatusOption = Annotated[EffectiveStatus | None, typer.Option("--status", help="Only subscribers with this status.")]


app.command(
    "import",
    help="Import subscribers from a CSV file, with a verdict on each row. Unsubscribed addresses stay unsubscribed.",
)(import_command)


@app.command(help="Write the subscribers as CSV, to a file or to stdout.")
def export(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The file to write (default: stdout).")] = None,
    status: StatusOption = None,
) -> None:
    context = context_from(ctx)
    zone = context.settings.newsletter.zone
    if file is None:
        write_csv(sys.stdout, operator_actions.everyone(context, status), zone)
        return
    try:
        with io.TextIOWrapper(open_private(file), encoding="utf-8", newline="") as stream:
            number = write_csv(stream, operator_actions.everyone(context, status), zone)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}.", "Name another file.") from error
    remark(ctx, f"{plural(number, 'subscriber')} written to {file}.")


@app.command("list", help="List the subscribers and count them by status.")
def list_(ctx: typer.Context, status: StatusOption = None, as_json: AsJson = False) -> None:
    context = context_from(ctx)
    numbers = {one.value: number for one, number in operator_actions.counts(context).items()}
    if as_json:
        sys.stdout.write(json.dumps({"counts": numbers})[:-1] + ',"subscribers":[')
        for place, one in enumerate(operator_actions.everyone(context, status)):
            sys.stdout.write(("," if place else "") + json.dumps(plain(one), ensure_ascii=False))
        sys.stdout.write("]}\n")
        return
    zone = context.settings.newsletter.zone
    for one in operator_actions.everyone(context, status):
        themes = ", ".join(one.themes) or "all themes"
        why = f" ({one.reason})" if one.status is EffectiveStatus.SUPPRESSED else ""
        until = f" until {one.paused_until.astimezone(zone):%Y-%m-%d}" if one.paused_until else ""
        often = ", monthly" if one.frequency is Frequency.MONTHLY else ""
        say(terminal_line(f"{one.email}  {one.name or '–'}  {one.status.value}{until}{why}  {themes}{often}"))
    say(", ".join(f"{number} {name}" for name, number in numbers.items()))


@app.command(help="Add one subscriber by hand.")
def add(
    ctx: typer.Context,
    email: EmailArgument,
    name: Annotated[str, typer.Option("--name", help="The subscriber's name.")] = "",
    theme: Annotated[list[str] | None, typer.Option("--theme", help="Only this theme; repeat it for more.")] = None,
    language: Annotated[str, typer.Option("--language", help="A language tag, such as en-GB.")] = "",
    frequency: Annotated[
        str, typer.Option("--frequency", help="weekly or monthly (default: weekly; as it is, if subscribed).")
    ] = "",
    accept_doubtful: AcceptDoubtful = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    verdict = operator_actions.add(
        context,
        email,
        name=name,
        themes=theme or (),
        language=language,
        frequency=frequency,
        by=who(),
        accept_doubtful=accept_doubtful,
    )
    emit(verdict, as_json, f"{email}: {verdict.verdict}" + (f": {verdict.reason}" if verdict.reason else ""))
    if verdict.verdict == "doubtful":
        remark(ctx, "If the address is right as it is, add --accept-doubtful.")
    if verdict.verdict in ("invalid", "suppressed", "doubtful"):
        raise typer.Exit(WITH_FAILURES)


@app.command(help="Unsubscribe one subscriber; imports do not add them again.")
def remove(ctx: typer.Context, email: EmailArgument, as_json: AsJson = False) -> None:
    one = operator_actions.remove(context_from(ctx), email, by=who())
    emit({"email": one.email, "status": SubscriberStatus.LEFT}, as_json, f"{one.email}: unsubscribed")


@app.command(help="Never send to this address, whether it is subscribed or not.")
def suppress(
    ctx: typer.Context,
    email: EmailArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; shown in the subscriber's history.")] = "suppressed",
    as_json: AsJson = False,
) -> None:
    operator_actions.suppress(context_from(ctx), email, detail=reason, by=who())
    emit({"email": email, "suppressed": reason}, as_json, f"{email}: on the suppression list")


@app.command(
    help="Take addresses off the suppression list that bounces or an operator put there; never who unsubscribed,"
    " complained or was erased."
)
def restore(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="The address; or use --reason and --since.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="All suppressed for this: bounce or operator.")] = "",
    since: Annotated[str, typer.Option("--since", help="All suppressed since this date, such as 2019-03-25.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    if bool(email) == bool(reason) or bool(reason) != bool(since):
        raise UsageError("Restore whom?", "Give one ADDRESS, or both --reason bounce and --since 2019-03-25.")
    context = context_from(ctx)
    if email:
        verdicts = [restoring.restore(context, email, dry_run=dry_run, by=who())]
    else:
        verdicts = list(restoring.restore_since(context, reason, since, dry_run=dry_run, by=who()))
    restored = sum(one.restored for one in verdicts)
    lines = [
        terminal_line(
            f"{one.email or '(not a subscriber)'}: {'restored' if one.restored else 'not restored'}: {one.reason}"
        )
        for one in verdicts
    ]
    end = f"{restored} restored, {len(verdicts) - restored} not restored{' (dry run)' if dry_run else ''}"
    data = {"restored": restored, "refused": len(verdicts) - restored, "rows": verdicts, "dry_run": dry_run}
    emit(data, as_json, "\n".join([*lines, end]))
    if restored < len(verdicts):
        raise typer.Exit(WITH_FAILURES)


@app.command(help="Delete a subscriber's personal data. Only a hash is kept, so that no import brings them back.")
def erase(ctx: typer.Context, email: EmailArgument, as_json: AsJson = False) -> None:
    was_subscriber = operator_actions.erase(context_from(ctx), email, by=who())
    result = "erased" if was_subscriber else "not a subscriber; now on the suppression list"
    emit({"email": email, "erased": was_subscriber}, as_json, f"{email}: {result}")


@app.command(help="Show all that happened to an address: consent, changes, deliveries, bounces.")
def history(ctx: typer.Context, email: EmailArgument, as_json: AsJson = False) -> None:
    lines = operator_actions.history(context_from(ctx), email)
    text = "\n".join(
        terminal_line(
            "  ".join(part for part in (line.at[:19], line.what, line.how, line.origin, line.wording) if part)
        )
        for line in lines
    )
    emit({"email": email, "history": lines}, as_json, text or f"{email}: no history")
