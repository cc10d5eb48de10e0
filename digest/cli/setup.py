"""`digest init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import AsJson, emit
from digest.steps.init import init as write_folder

app = typer.Typer()


@app.command(help="Write a commented digest.toml, templates to edit, and subscribers.csv.")
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder to write to (default: this one).")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    report = write_folder(folder)
    lines = [f"wrote {path}" for path in report.written]
    lines += [f"kept {path}: it already exists" for path in report.left]
    if report.unguarded:
        lines.append(f"{folder / '.gitignore'} does not keep keys and addresses out of git: compare docs/operating.md.")
    lines.append(f"Next: change [newsletter] in {folder / 'digest.toml'}, then run `digest check` there.")
    lines += ["Later, for every week without Prefect, in your crontab (`crontab -e`):", *report.crontab]
    emit(report, as_json, "\n".join(lines))
