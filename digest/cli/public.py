"""`digest public`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import context_from, remark
from digest.web.public.rebuild_archive import archive_kept_current
from digest.web.public.serve import serve

app = typer.Typer()


@app.command(help="Serve the public pages: archive, subscribe, preferences, unsubscribe.")
def public(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 for a free one.")
    ] = 8026,
    archive: Annotated[
        Path | None, typer.Option("--archive", help="The archive's folder (default: var/archive).")
    ] = None,
    proxies: Annotated[
        str,
        typer.Option(
            "--proxies",
            help="Network addresses of trusted proxies (X-Forwarded-For and -Proto), separated by commas, such as "
            "127.0.0.1 (default: none).",
        ),
    ] = "",
) -> None:
    context = context_from(ctx)
    folder = archive or context.settings.archive_folder

    def ready(url: str) -> None:
        remark(ctx, f"The public pages are at {url} (Ctrl-C stops them)")

    with archive_kept_current(context, folder):
        serve(
            context,
            host=host,
            port=port,
            archive=folder,
            proxies=proxies,
            ready=ready,
        )
