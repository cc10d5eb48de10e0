"""`digest key …`."""

from __future__ import annotations

import typer

from digest.cli.common import FAILED, AsJson, emit, unchecked_context_from, who
from digest.steps import secret_key

app = typer.Typer(help="The secret key: compare it with the store's, or accept another.", no_args_is_help=True)


@app.callback()
def key() -> None:
    """The secret key: compare it with the store's, or accept another."""


@app.command(help="Show the fingerprints of the present key and of the one that the store was made with.")
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    keys = secret_key.key_status(unchecked_context_from(ctx))
    lines = [
        f"present key: {keys.present or 'none'} in {keys.place}",
        f"the store's key: {keys.store or 'not known yet'}",
    ]
    differ = bool(keys.store) and keys.present != keys.store
    emit(keys, as_json, "\n".join([*lines, *(["They differ.", secret_key.REMEDY] if differ else [])]))
    if differ:
        raise typer.Exit(FAILED)


@app.command(
    help="Take the present key for the store, or make one if there is none. Only if the store's own key is lost: links "
    "in mails already sent stop working, and an import can bring erased addresses back."
)
def accept(ctx: typer.Context, as_json: AsJson = False) -> None:
    keys = secret_key.accept_key(unchecked_context_from(ctx), by=who())
    text = f"The store takes the key {keys.present} in {keys.place}."
    if keys.store not in ("", keys.present):
        text += f" It was made with {keys.store}.\n{secret_key.LOSSES}"
    emit(keys, as_json, text)
