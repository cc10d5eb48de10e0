"""`digest check | doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import FAILED, AsJson, context_from, emit, settings_from, who
from digest.clock import clock_from_environment
from digest.model import Outcome, Severity
from digest.settings import Settings
from digest.steps import check
from digest.steps.check import Line, Verdict
from digest.steps.editing.edition_view import load, with_links
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
        name = Week.parse(week)
        context = context_from(ctx)
        findings = with_links(context, load(context, name), by=who(), again=True).findings
        lines = [Line(_SEVERITIES[one.severity], one.check, one.message, one.remedy) for one in findings]
        _emit(lines or [Line(Verdict.OK, "preflight", "no findings")], as_json)
        return
    settings = settings_from(ctx)
    _emit(
        [*check.check(settings, clock_from_environment()(), online=online), *_sources(ctx, settings, online)],
        as_json,
    )


@app.command(help="Check everything, and the machine: disk, backups, versions.")
def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    settings = settings_from(ctx)
    lines = [
        *check.doctor(settings),
        *check.check(settings, clock_from_environment()(), online=True),
        *_sources(ctx, settings, online=True),
    ]
    _emit(lines, as_json)


def _sources(ctx: typer.Context, settings: Settings, online: bool) -> list[Line]:
    if not online or not settings.sources:
        return []
    from digest.steps.collecting.collect import collect

    report = collect(context_from(ctx))
    bad = (Outcome.ERROR, Outcome.GONE)
    return [
        Line(Verdict.WARNING if row.outcome in bad else Verdict.OK, row.name, row.reason or row.outcome.value)
        for row in report.sources
    ]


def _emit(lines: list[Line], as_json: bool) -> None:
    texts = [f"{_MARKS[line.verdict]} {line.what}: {line.message}" for line in lines]
    remedies = [f"        {line.remedy}" if line.remedy and line.verdict is not Verdict.OK else "" for line in lines]
    emit(lines, as_json, "\n".join(part for pair in zip(texts, remedies, strict=True) for part in pair if part))
    if any(line.verdict is Verdict.ERROR for line in lines):
        raise typer.Exit(FAILED)
