"""`digest bounces …`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import AsJson, context_from, emit
from digest.steps.subscribers.read_bounces import read_bounces

app = typer.Typer(help="Delivery reports and complaints: suppress by policy.", no_args_is_help=True)


@app.callback()
def bounces() -> None:
    """Delivery reports and complaints: suppress by policy."""


@app.command(help="Read returned mail, and suppress those who cannot be reached or complained.")
def read(
    ctx: typer.Context,
    mailbox: Annotated[
        str, typer.Option("--mailbox", help="A Maildir's path or imaps://name@host/INBOX (else what digest.toml says).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    found = read_bounces(context_from(ctx), mailbox)
    said = ("hard", "soft", "delayed", "complaint", "leave", "automatic", "other", "unmatched")
    parts = [f"{getattr(found, name)} {name}" for name in said if getattr(found, name)]
    numbers = f": {', '.join(parts)}; {found.suppressed} subscribers suppressed" if parts else ""
    emit(found, as_json, f"{found.read} mails read{numbers}")
