"""`digest desk`."""

from __future__ import annotations

import sys

import typer

from digest.errors import UsageError
from digest.web.desk.who.passwords import SHORTEST, hash_password

app = typer.Typer(no_args_is_help=True, help="The desk's people: make a password's hash.")


@app.callback()
def _group() -> None:
    """Keep `password` a command of its own, although it is the only one."""


@app.command(help="Make the hash of a password, for [[desk.people]] in digest.toml. It is typed, or read from a pipe.")
def password() -> None:
    if sys.stdin.isatty():
        text = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    if len(text) < SHORTEST:
        raise UsageError(f"The password is too short: it has {len(text)} characters.", f"Use at least {SHORTEST}.")
    typer.echo(f'password = "{hash_password(text)}"')
