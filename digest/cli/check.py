"""`digest check | doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from threading import Thread
from typing import Annotated

import typer

from digest import log
from digest.cli.common import (
    DONE,
    FAILED,
    WITH_FAILURES,
    AsJson,
    context_from,
    emit,
    log_level,
    say,
    settings_file,
    settings_from,
    who,
)
from digest.clock import clock_from_environment
from digest.errors import SettingsError
from digest.model import Severity
from digest.settings.salvage import salvage
from digest.steps.checks import Line, Verdict, run_checks, selected
from digest.week import Week

app = typer.Typer()
_MARKS = {Verdict.OK: "ok     ", Verdict.WARNING: "WARNING", Verdict.ERROR: "ERROR  "}
_SEVERITIES = {Severity.ERROR: Verdict.ERROR, Severity.WARNING: Verdict.WARNING, Severity.NOTE: Verdict.OK}


@app.command("check", help="Check settings, templates, store, SMTP, keys and sources; or one edition's mail.")
def check_all(
    ctx: typer.Context,
    week: Annotated[str | None, typer.Argument(metavar="[W]", help="Check the mail of this edition instead.")] = None,
    online: Annotated[bool, typer.Option("--online", help="Also talk to the mail server and to each source.")] = False,
    as_json: AsJson = False,
) -> None:
    if week:
        _print(_edition(ctx, Week.parse(week)), as_json)
        return
    settings = settings_from(ctx)
    left: list[Thread] = []
    checks = selected(online=online, machine=False)
    _print(run_checks(checks, settings, clock_from_environment()(), left=left), as_json, left=left)


@app.command(help="Check everything, and the machine: disk, clock, backup, Prefect.")
def doctor(
    ctx: typer.Context,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if there are warnings.")] = False,
    as_json: AsJson = False,
) -> None:
    left: list[Thread] = []
    _print(_examined(ctx, left), as_json, strict=strict, left=left)


def _examined(ctx: typer.Context, left: list[Thread]) -> Iterator[Line]:
    """Yield what the doctor finds, as far as the settings can be read."""
    readable = salvage(settings_file(ctx))
    log.configure(log.configuration_of(readable.settings, level=log_level(ctx)))
    if readable.problem is not None:
        *lines, last = readable.problem.what.splitlines()
        yield from (Line(Verdict.ERROR, "settings", line) for line in lines)
        yield Line(Verdict.ERROR, "settings", last, readable.problem.remedy)
    try:
        now = clock_from_environment()()
    except SettingsError as error:
        yield Line(Verdict.ERROR, "clock", error.what, error.remedy)
        now = clock_from_environment({})()
    yield from run_checks(
        selected(online=True, machine=True), readable.settings, now, broken=readable.broken, left=left
    )


def _edition(ctx: typer.Context, week: Week) -> list[Line]:
    from digest.steps.editing.edition_view import load, with_links  # late: only here

    context = context_from(ctx)
    findings = with_links(context, load(context, week), by=who(), again=True).findings
    lines = [Line(_SEVERITIES[one.severity], one.check, one.message, one.remedy) for one in findings]
    return lines or [Line(Verdict.OK, "preflight", "no findings")]


def _print(lines: Iterable[Line], as_json: bool, *, strict: bool = False, left: Sequence[Thread] = ()) -> None:
    """Print each line as it comes, or all of them as JSON; exit by the worst. `left` are threads of checks."""
    printed: list[Line] = []
    for line in lines:
        printed.append(line)
        if not as_json:
            say(_text(line), flush=True)
    if as_json:
        emit(printed, as_json, "")
    code = exit_code(printed, strict=strict)
    if any(thread.is_alive() for thread in left):
        sys.stdout.flush()
        os._exit(code)  # Python would wait for threads that the check has started
    raise typer.Exit(code)


def exit_code(lines: Iterable[Line], *, strict: bool) -> int:
    """Return the exit code that the worst line asks for. Pure."""
    verdicts = {line.verdict for line in lines}
    if Verdict.ERROR in verdicts:
        return FAILED
    return WITH_FAILURES if strict and Verdict.WARNING in verdicts else DONE


def _text(line: Line) -> str:
    text = f"{_MARKS[line.verdict]} {line.what}: {line.message}"
    return f"{text}\n        {line.remedy}" if line.remedy and line.verdict is not Verdict.OK else text
