"""`digest subscribers import`: ask what is unclear, import, print the verdicts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import WITH_FAILURES, AsJson, context_from, plain, remark, say, who
from digest.errors import UsageError
from digest.model import EffectiveStatus, RowVerdict
from digest.steps.subscribers.import_csv import ImportCounts, import_file
from digest.subscribers.csv_columns import Meaning, Readings, squeezed
from digest.subscribers.csv_questions import Inspection, Question, inspect
from digest.subscribers.standing import BY_STATUS, normal_word
from digest.text import plural, terminal_line

_MOST_OF_ADDRESS = 100  # characters of an invalid address
_PRINTED = ("invalid", "suppressed", "duplicate", "doubtful")
_VERDICTS = ("added", "updated", "unchanged", "duplicate", "suppressed", "doubtful", "invalid")

AcceptDoubtful = Annotated[
    bool, typer.Option("--accept-doubtful", help="Also add addresses with a likely typing mistake.")
]


def import_command(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A CSV file: email,name,themes,language,frequency,status; or another's export."
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")] = False,
    read: Annotated[
        list[str] | None,
        typer.Option(
            "--read",
            metavar="COLUMN=MEANING",
            help="How to read a column: status, subscribed, left, ignore, email, name, themes, language, "
            "frequency; or one value of it: COLUMN:VALUE=STATUS. Repeat it for more.",
        ),
    ] = None,
    status: Annotated[
        EffectiveStatus | None, typer.Option("--status", help="What everybody in the file is, such as left.")
    ] = None,
    accept_doubtful: AcceptDoubtful = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    readings = _readings(read or (), status)
    inspection = inspect(file, readings)
    if inspection.questions and not as_json and sys.stdin.isatty() and sys.stderr.isatty():
        inspection = _ask(file, inspection)
    printer = _VerdictPrinter(as_json=as_json)
    counts = import_file(
        context,
        file,
        dry_run=dry_run,
        by=who(),
        inspection=inspection,
        accept_doubtful=accept_doubtful,
        on_verdict=printer.show,
    )
    printer.end(counts)
    _remark_columns(ctx, counts)
    if counts.doubtful:
        remark(
            ctx, "Correct the doubtful addresses in the file, or add --accept-doubtful if they are right as they are."
        )
    if counts.invalid or counts.doubtful:
        raise typer.Exit(WITH_FAILURES)


class _VerdictPrinter:
    """Prints each verdict at once: a large file has too many to collect in memory."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_first = True

    def show(self, verdict: RowVerdict) -> None:
        if self._as_json:
            sys.stdout.write(('{"rows":[' if self._is_first else ",") + json.dumps(plain(verdict), ensure_ascii=False))
            self._is_first = False
        elif verdict.verdict in _PRINTED:
            email = terminal_line(verdict.email, limit=_MOST_OF_ADDRESS) or "(empty)"
            say(f"line {verdict.row}: {email}: {verdict.verdict}: {terminal_line(verdict.reason)}")

    def end(self, counts: ImportCounts) -> None:
        if self._as_json:
            totals = json.dumps(plain(counts), ensure_ascii=False)[1:]
            sys.stdout.write(('{"rows":[' if self._is_first else "") + "]," + totals + "\n")
            return
        numbers = ", ".join(f"{getattr(counts, name)} {name}" for name in _VERDICTS if getattr(counts, name))
        say(f"{plural(counts.rows, 'row')}: {numbers or 'no subscribers'}{' (dry run)' if counts.dry_run else ''}")


def _remark_columns(ctx: typer.Context, counts: ImportCounts) -> None:
    if counts.status_columns:
        remark(ctx, f"Read as status: {_listed(counts.status_columns)}.")
    if counts.not_read:
        remark(ctx, f"Not read: {_listed(counts.not_read)}.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(terminal_line(name, limit=60) for name in names)


def _readings(options: Iterable[str], status: EffectiveStatus | None) -> Readings:
    """Read the options `--read` and `--status`. Raises UsageError."""
    readings = Readings(everybody=BY_STATUS[status] if status else None)
    for option in options:
        what, is_given, answer = option.rpartition("=")
        column, is_value, value = what.partition(":")
        if not is_given or not squeezed(column):
            raise UsageError(f"--read {option!r} names no column.", "Write COLUMN=MEANING or COLUMN:VALUE=STATUS.")
        if is_value and answer in list(EffectiveStatus):
            readings = _with_answer(readings, column, value, answer)
        if not is_value or answer in list(Meaning):  # the name of a column may have a colon
            readings = _with_answer(readings, what, None, answer)
        elif answer not in list(EffectiveStatus):
            _with_answer(readings, column, value, answer)
    return readings


def _with_answer(readings: Readings, column: str, value: str | None, answer: str) -> Readings:
    """Add how to read a column, or one value of it. Raises UsageError."""
    try:
        if value is None:
            return replace(readings, columns={**readings.columns, squeezed(column): Meaning(answer)})
        standing = BY_STATUS[EffectiveStatus(answer)]
        return replace(readings, values={**readings.values, (squeezed(column), normal_word(value)): standing})
    except ValueError:
        possible = ", ".join(Meaning if value is None else EffectiveStatus)
        raise UsageError(f"A column cannot be read as {answer!r}.", f"There are: {possible}.") from None


def _ask(file: Path, inspection: Inspection) -> Inspection:
    """Ask on the terminal until everything is clear. Nothing has been written so far."""
    for question in inspection.questions:
        say(f"{question.text}.", err=True)
        answer = _answer(question)
        if question.column:
            readings = _with_answer(inspection.readings, question.column, question.value, answer)
        else:
            readings = replace(inspection.readings, everybody=BY_STATUS[EffectiveStatus(answer)])
        inspection = replace(inspection, readings=readings)
    inspection = inspect(file, inspection.readings)
    return _ask(file, inspection) if inspection.questions else inspection


def _answer(question: Question) -> str:
    """Ask one question until the answer is one of those that are possible."""
    is_column = bool(question.column) and question.value is None
    meanings = (Meaning.STATUS, Meaning.SUBSCRIBED, Meaning.LEFT, Meaning.NAME, Meaning.IGNORE)
    possible = meanings if is_column else EffectiveStatus
    words = [str(one.value) for one in possible]
    while True:
        answer: str = typer.prompt(f"Read it as ({', '.join(words)})", err=True)
        if answer.strip().lower() in words:
            return answer.strip().lower()
