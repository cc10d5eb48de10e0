"""`digest bounces …`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.alerts import alerting
from digest.cli.common import WITH_FAILURES, AsJson, context_from, emit, is_quiet, plain, who
from digest.model import Bounce
from digest.steps.bounces import decide
from digest.steps.bounces.decide import Decided, Selection
from digest.steps.subscribers.read_bounces import BouncesReport, read_bounces
from digest.subscribers.hold_advice import hold_text
from digest.text import plural, terminal_line

app = typer.Typer(help="Read bounces and complaints; decide about many alike.", no_args_is_help=True)

AddressArgument = Annotated[str, typer.Argument(metavar="[ADDRESS]", help="Only this subscriber's.")]
MailingOption = Annotated[
    str, typer.Option("--mailing", help="Only of this edition or correction, such as 2019-W12; or of a day.")
]
DomainOption = Annotated[str, typer.Option("--domain", help="Only of addresses at this domain.")]
CodeOption = Annotated[str, typer.Option("--code", help="Only with this code, such as 5.1.1; 5.7 means all of 5.7.x.")]
GroupOption = Annotated[str, typer.Option("--group", help="Only of this group, as `read` names it.")]
AllOption = Annotated[bool, typer.Option("--all", help="All that are on hold.")]


@app.callback()
def bounces() -> None:
    """Read bounces and complaints; decide about many alike."""


@app.command(help="Read returned mail; suppress subscribers who cannot be reached or who complained.")
def read(
    ctx: typer.Context,
    mailbox: Annotated[
        str, typer.Option("--mailbox", help="A Maildir's path or imaps://name@host/INBOX (default: [bounces] mailbox).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    with alerting(context):
        report = read_bounces(context, mailbox)
        # `leave` is the older name of `unsubscribe`, for scripts that read it.
        data = {**plain(report), "leave": report.unsubscribe}
        emit(data, as_json, "" if is_quiet(ctx) else _text(report))
        if report.on_hold or report.unclear:
            raise typer.Exit(WITH_FAILURES)


def _text(report: BouncesReport) -> str:
    kinds = ("hard", "soft", "delayed", "complaint", "unsubscribe", "automatic", "other", "unmatched")
    parts = [f"{getattr(report, name)} {name}" for name in kinds if getattr(report, name)]
    numbers = f": {', '.join(parts)}; {plural(report.suppressed, 'subscriber')} suppressed" if parts else ""
    restored = f", {report.restored} restored" if report.restored else ""
    lines = [f"{plural(report.read, 'message')} read{numbers}{restored}"]
    lines += [terminal_line(f"left unread: {one.subject} ({one.sender}): {one.why}") for one in report.unclear]
    if report.holds:
        lines += [f"{sum(one.number for one in report.holds)} bounces are on hold:", hold_text(report.holds)]
    return "\n".join(lines)


@app.command("list", help="List the bounces on hold: many alike, which suppress nobody until you decide.")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    rows = decide.on_hold(context_from(ctx))
    data = {"bounces": [plain(one) for one in rows]}
    emit(data, as_json, "\n".join([*map(_line, rows), f"{len(rows)} on hold"]))


def _line(one: Bounce) -> str:
    kind = "hard" if one.hard else "soft"
    origin = "returned" if one.returned else "rejected"
    return terminal_line(f"{one.email}  {one.batch}  {kind}, {origin}  {one.cause}  {one.detail or one.code}")


@app.command(help="Let bounces on hold count: addresses that do not exist are suppressed.")
def accept(
    ctx: typer.Context,
    address: AddressArgument = "",
    mailing: MailingOption = "",
    domain: DomainOption = "",
    code: CodeOption = "",
    group: GroupOption = "",
    everything: AllOption = False,
    as_json: AsJson = False,
) -> None:
    selection = Selection(address, mailing, domain, code, group, everything)
    decided = decide.accept(context_from(ctx), selection, by=who())
    _emit(decided, as_json, f"{decided.accepted} accepted, {plural(decided.suppressed, 'subscriber')} suppressed")


@app.command(help="Dismiss bounces on hold: they were not the subscribers' fault and never count.")
def dismiss(
    ctx: typer.Context,
    address: AddressArgument = "",
    mailing: MailingOption = "",
    domain: DomainOption = "",
    code: CodeOption = "",
    group: GroupOption = "",
    everything: AllOption = False,
    as_json: AsJson = False,
) -> None:
    selection = Selection(address, mailing, domain, code, group, everything)
    decided = decide.dismiss(context_from(ctx), selection, by=who())
    _emit(decided, as_json, f"{decided.dismissed} dismissed")


def _emit(decided: Decided, as_json: bool, text: str) -> None:
    """Print the result; exit with 3 if nothing on hold fits."""
    is_done = bool(decided.accepted or decided.dismissed)
    emit(decided, as_json, f"{text if is_done else 'nothing on hold fits'}; {decided.left} still on hold")
    if not is_done:
        raise typer.Exit(WITH_FAILURES)
