"""`digest demo`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import FAILED, AsJson, configure_log, emit
from digest.demo.report import demo_report, report_text
from digest.demo.run import Demo, running, send_by_flow, serving
from digest.steps.editing.approve import approve
from digest.web.desk.serve import serve as serve_desk

app = typer.Typer()


@app.command(help="Run the demo: sample blogs, the real flow, the desk, and a mail catcher.")
def demo(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Approve, send, print a report, and exit.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The desk's port; 0 for a free one.")] = 8025,
    folder: Annotated[Path, typer.Option("--folder", help="Where it keeps all it makes.")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    configure_log(ctx)
    started = time.monotonic()
    with running(folder) as running_demo:
        if once:
            _once(running_demo, as_json=as_json, started=started)
            return
        with serving(folder):

            def ready(url: str) -> None:
                seconds = time.monotonic() - started
                sys.stdout.write(
                    f"\nReady after {seconds:.0f} s. Open {url}editions/{running_demo.week}\n"
                    "Edit the edition, approve it, and watch it being delivered to the mailbox. Ctrl-C ends the demo.\n"
                )
                sys.stdout.flush()

            serve_desk(running_demo.context, host="127.0.0.1", port=port, mailbox=running_demo.mailbox, ready=ready)


def _once(running_demo: Demo, *, as_json: bool, started: float) -> None:
    with running_demo.timings.step("approve"):
        approve(running_demo.context, running_demo.week, by="demo")
    with running_demo.timings.step("send-edition flow"):
        send_by_flow(running_demo)
    report = demo_report(running_demo, seconds=time.monotonic() - started)
    emit(report, as_json, report_text(report))
    if not report.complete:
        raise typer.Exit(FAILED)
