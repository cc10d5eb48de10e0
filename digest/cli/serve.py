"""`digest serve | setup`: register flows with Prefect and run them."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from digest.cli.common import AsJson, emit, settings_from
from digest.private_files import private_folder
from digest.settings import Settings, find_settings_file

app = typer.Typer()


def quiet_prefect(settings: Settings, ctx: typer.Context) -> None:
    """Set Prefect's environment before it is imported: no telemetry, its state in our state folder."""
    config = (ctx.obj or {}).get("config")
    os.environ["DIGEST_CONFIG"] = str(find_settings_file(config).resolve())
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    if "PREFECT_HOME" not in os.environ:
        profiles = Path("~/.prefect/profiles.toml").expanduser()
        if profiles.is_file():
            os.environ.setdefault("PREFECT_PROFILES_PATH", str(profiles))  # the server that the operator has chosen
        private_folder(settings.state_folder / "prefect")  # its logs and database
        os.environ["PREFECT_HOME"] = str(settings.state_folder / "prefect")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")


@app.command(help="Register the Prefect deployments and run them in this process.")
def serve(ctx: typer.Context) -> None:
    settings = settings_from(ctx)
    quiet_prefect(settings, ctx)
    from flows.serve import run

    run(settings)


@app.command(help="Create or update the Prefect work pool, deployments and automations.")
def setup(ctx: typer.Context, as_json: AsJson = False) -> None:
    settings = settings_from(ctx)
    quiet_prefect(settings, ctx)
    from flows.setup import setup as set_up

    lines = set_up(settings)
    emit({"made": lines}, as_json, "\n".join(lines))
