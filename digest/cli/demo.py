"""`digest demo`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import FAILED, AsJson, configure_log, emit
from digest.demo.report import demo_report, report_text
from digest.demo.run import Demo, running_demo, send_by_flow, serving_deployments
from digest.steps.editing.approve import approve
from digest.web.desk.serve import serve as serve_desk

app = typer.Typer()


@app.command(help="Run the demo: sample blogs, the real flow, the desk, and a mail catcher.")
def demo(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Approve, send, print a report, and exit.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The desk's port; 0 for a free one.")] = 8025,
    folder: Annotated[Path, typer.Option("--folder", help="The folder for all its files.")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    configure_log(ctx)
    started = time.monotonic()
    with running_demo(folder) as demo_run:
        if once:
            _once(demo_run, as_json=as_json, started=started)
            return
        with serving_deployments(folder):

            def ready(url: str) -> None:
                seconds = time.monotonic() - started
                sys.stdout.write(
                    f"\nReady after {seconds:.0f} s. Open {url}\n"
                    "Edit the edition, approve it, and see it arrive in the mailbox. Ctrl-C ends the demo.\n"
                )
                sys.stdout.flush()

            def renewed(url: str) -> None:
                sys.stdout.write(f"Somebody has opened the desk. For another browser: {url}\n")
                sys.stdout.flush()

            page = f"/editions/{demo_run.week}"
            serve_desk(demo_run.context, port=port, mailbox=demo_run.mailbox, page=page, ready=ready, renewed=renewed)


def _once(demo_run: Demo, *, as_json: bool, started: float) -> None:
    with demo_run.timings.step("approve"):
        approve(demo_run.context, demo_run.week, by="demo")
    with demo_run.timings.step("send-edition flow"):
        send_by_flow(demo_run)
    report = demo_report(demo_run, seconds=time.monotonic() - started)
    emit(report, as_json, report_text(report))
    if not report.complete:
        raise typer.Exit(FAILED)
