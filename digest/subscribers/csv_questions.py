"""Look through a file before anything is imported: what in it may say who left, and is not understood?

every column that says who gets mail ─▶ values that are not understood
the column of frequencies ─▶ a "never" or a word about leaving
every other column ─▶ a name about leaving; a word about leaving, or a "no" where the name is about subscribing
the names of people ─▶ "Ada (unsubscribed)"; without a header, a word about leaving
the file's own name, and a title above the header ─▶ "unsubscribed_…" although no column says so
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from digest.subscribers.csv_columns import (
    Columns,
    Meaning,
    Readings,
    StatusColumn,
    may_be_words,
    smells_of_leaving,
    smells_of_subscribing,
    squeezed,
)
from digest.subscribers.csv_file import has_too_many, open_table
from digest.subscribers.csv_table import Row
from digest.subscribers.standing import ACTIVE, LONGEST_WORD, Standing, by_word, is_yes, normal_word, word_about_leaving
from digest.text import clean_line

_CLIPPED = LONGEST_WORD + 1  # characters of a cell: what is longer says nothing, and is not kept
_MOST_VALUES = 20  # values of one column that are remembered
_MOST_QUESTIONS = 5  # about the values of one column


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody has to decide before a file can be imported."""

    column: str  # its name in the file; "" for the file itself
    value: str | None  # one that is not understood; None if it is about the whole column
    text: str  # what is unclear, as a sentence

    @property
    def option(self) -> str:
        """What to write on the command line, with … for the answer."""
        if not self.column:
            return "--status …"
        what = self.column if self.value is None else f"{self.column}:{self.value}"
        return f"--read {shlex.quote(f'{what}=…')}"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file's columns turn out to mean. Import only if there is no question."""

    readings: Readings
    columns: Columns
    questions: tuple[Question, ...]


@dataclass(slots=True)
class _Values:
    """What was seen in one column that is not understood, or not read."""

    position: int
    unknown: dict[str, None] = field(default_factory=dict)  # in order
    leaving: str = ""  # the first word about leaving
    has_no: bool = False
    restricts: bool = False  # some known word says that somebody gets no mail
    is_empty: bool = True
    is_name: bool = False  # of people, some of whom are called Left or Junk


def inspect(path: Path, readings: Readings) -> Inspection:
    """Read the whole file once, and say what is unclear. Raises UsageError if it cannot be read."""
    with open_table(path, readings) as table:
        columns, title = table.columns, table.title
        doubtful = [place for place in columns.unread if place not in columns.beside_the_point]
        status_columns = [*columns.statuses, *_frequencies(columns)]
        status_values = [_Values(column.position) for column in status_columns]
        other_values = [_Values(place) for place in doubtful]
        other_values += [
            _Values(place, is_name=bool(columns.names))
            for place in columns.name
            if squeezed(columns.name_at(place)) not in readings.columns
        ]
        if status_values or other_values:
            _look_through(table.rows, columns, [*zip(status_columns, status_values, strict=True)], other_values)
    words = {
        squeezed(columns.name_at(one.position)): Meaning.STATUS for one in other_values if _is_status(columns, one)
    }
    questions = [
        *(question for one, of in zip(status_values, status_columns, strict=True) for question in _of_values(one, of)),
        *(question for one in other_values if (question := _of_column(columns, one))),
        *_of_file(path, title, columns, readings, has_words=bool(words)),
    ]
    if words:
        readings = replace(readings, columns={**readings.columns, **words})
        with open_table(path, readings) as table:
            columns = table.columns
    return Inspection(readings, columns, tuple(questions))


def _look_through(
    rows: Iterable[Row],
    columns: Columns,
    status_values: list[tuple[StatusColumn, _Values]],
    other_values: list[_Values],
) -> None:
    readers = [(column.read, values) for column, values in status_values]
    for row in rows:
        if row.error or (columns.statuses and has_too_many(row.cells, columns)):
            continue  # the import calls it invalid
        cells = row.cells
        for read, values in readers:
            cell = cells[values.position][:_CLIPPED] if values.position < len(cells) else ""
            if read(cell) is None and len(values.unknown) < _MOST_VALUES:
                values.unknown[cell] = None
        for values in other_values:
            if values.position < len(cells) and (cell := cells[values.position]):
                _note(values, cell[:_CLIPPED])


def _note(values: _Values, cell: str) -> None:
    values.is_empty = False
    if not values.leaving:
        values.leaving = word_about_leaving(cell, plain_only=values.is_name)
    if values.is_name:
        return
    if not values.has_no and is_yes(cell) is False:
        values.has_no = True
    if len(values.unknown) < _MOST_VALUES:
        standing = by_word(cell)
        if standing is None:
            values.unknown[cell] = None
        elif standing != ACTIVE:
            values.restricts = True


def _frequencies(columns: Columns) -> list[StatusColumn]:
    """Return the column of frequencies as one that says of some people that they get no mail."""

    def read(cell: str) -> Standing | None:
        says_no = is_yes(cell) is False or word_about_leaving(cell)
        return None if says_no and normal_word(cell) not in columns.not_frequencies else ACTIVE

    place = columns.frequency
    return [] if place < 0 else [StatusColumn(place, columns.name_at(place), read)]


def _is_status(columns: Columns, values: _Values) -> bool:
    """Whether a column such as "type" holds statuses and nothing else."""
    return may_be_words(columns.name_at(values.position)) and values.restricts and not values.unknown


def _of_values(values: _Values, column: StatusColumn) -> Iterable[Question]:
    for value in list(values.unknown)[:_MOST_QUESTIONS]:
        quoted = repr(value[:40]) if value else "empty"
        yield Question(column.name, value, f"The column {column.name!r} is {quoted} in some rows")


def _of_column(columns: Columns, values: _Values) -> Question | None:
    name = columns.name_at(values.position)
    if values.is_empty or _is_status(columns, values):
        return None
    if not columns.names and values.leaving:
        where = f"The file has no header, and column {values.position + 1}"
        return Question(name, None, f"{where} has {values.leaving[:40]!r} in some rows")
    if smells_of_leaving(name):
        return Question(name, None, f"The column {name!r} may say who left")
    if values.leaving:
        return Question(name, None, f"The column {name!r} has {values.leaving[:40]!r} in some rows")
    if values.has_no and smells_of_subscribing(name):
        return Question(name, None, f"The column {name!r} may say who gets mail")
    return None


def _of_file(path: Path, title: str, columns: Columns, readings: Readings, *, has_words: bool) -> Iterable[Question]:
    if columns.statuses or readings.everybody is not None or has_words:
        return
    if smells_of_leaving(path.stem):
        yield Question("", None, f"The name of the file {path.name!r} says that these people left, and no column does")
    elif smells_of_leaving(title):
        yield Question("", None, f"The title {clean_line(title, limit=60)!r} may say that these people left")
