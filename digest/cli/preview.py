"""`digest preview`."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from digest.cli.common import context_from
from digest.web.desk.serve import serve as serve_desk

app = typer.Typer()


@app.command(help="Serve the editor's desk on loopback.")
def preview(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port on loopback; 0 for a free one.")
    ] = 8025,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; beyond loopback, [desk] auth must not be token.")
    ] = "127.0.0.1",
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    context = context_from(ctx)

    def ready(url: str) -> None:
        typer.echo(f"The editor's desk is at {url} (Ctrl-C stops it)", err=True)
        if "?token=" in url:
            typer.echo("The address works once, in one browser; another is printed when it has been used.", err=True)
        if open_:
            webbrowser.open(url)

    def renewed(url: str) -> None:
        typer.echo(f"Somebody has opened the desk. For another browser: {url}", err=True)

    mailbox = context.settings.state_folder / "mailbox"
    serve_desk(context, host=host, port=port, mailbox=mailbox, ready=ready, renewed=renewed)
