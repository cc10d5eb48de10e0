"""`digest bounces …`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import AsJson, context_from, emit
from digest.steps.subscribers.read_bounces import read_bounces

app = typer.Typer(help="Process bounces and complaints that came back by mail.", no_args_is_help=True)


@app.callback()
def bounces() -> None:
    """Process bounces and complaints that came back by mail."""


@app.command(help="Read returned mail; suppress subscribers who cannot be reached or who complained.")
def read(
    ctx: typer.Context,
    mailbox: Annotated[
        str, typer.Option("--mailbox", help="A Maildir's path or imaps://name@host/INBOX (default: [bounces] mailbox).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    report = read_bounces(context_from(ctx), mailbox)
    kinds = ("hard", "soft", "delayed", "complaint", "unsubscribe", "automatic", "other", "unmatched")
    parts = [f"{getattr(report, name)} {name}" for name in kinds if getattr(report, name)]
    numbers = f": {', '.join(parts)}; {report.suppressed} subscribers suppressed" if parts else ""
    emit(report, as_json, f"{report.read} messages read{numbers}")
