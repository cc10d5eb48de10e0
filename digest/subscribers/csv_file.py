"""Read and write subscribers as CSV. Reading copes with what spreadsheets do to files; what was written reads back.

a file ─▶ csv_table: cells ─▶ csv_columns: what they mean ─▶ CsvRow
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TextIO
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.model import SubscriberRow
from digest.subscribers.address_cell import is_plain_address, read_address_cell, split_mailboxes
from digest.subscribers.csv_columns import COLUMNS, Columns, Readings
from digest.subscribers.csv_table import Row, Table, encoding_of, is_mailbox_line, read_table
from digest.subscribers.frequency_words import by_frequency
from digest.subscribers.standing import (
    ACTIVE,
    LONGEST_WORD,
    SUPPRESSED,
    Standing,
    most_restrictive,
    normal_word,
    with_reason,
)

_TOO_LONG = "one of its cells is longer than an address may be"  # the only error that the csv module still raises
_SEVERAL = "there are several addresses in one cell; give each of them a row of its own"
_TOO_MANY = "it has more cells than the header, so it is unclear which one is the status"
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # OWASP's list; behind our own mark, too, so that it comes off again
_SEPARATORS = re.compile(r"[;|,\s]+")
_CLIPPED = LONGEST_WORD + 1  # characters of a cell: what is longer says nothing, and is not kept
_NOWHERE = 1_000_000  # no row has a cell there
AS_WRITTEN = Readings()


class CsvRow(NamedTuple):  # a tuple is faster to make than a dataclass, and a file may have very many rows
    """One row, as it is in the file."""

    line: int  # 1-based line of the file on which the row begins
    email: str
    name: str = ""
    themes: tuple[str, ...] = ()
    language: str = ""
    says_themes: bool = False  # the file has a column of themes: an empty cell means "all"
    says_name: bool = False
    says_language: bool = False
    problem: str = ""  # why the row could not be read; `email` then holds its beginning
    standing: Standing = ACTIVE
    frequency: str = ""  # a Frequency; another word as it is in the file
    paused_until: str = ""


def read_csv(path: Path, readings: Readings = AS_WRITTEN) -> Iterator[CsvRow]:
    """Yield the rows of a file. Empty lines are skipped. Raises UsageError if the file cannot be read.

    The file may be UTF-8 with or without BOM, UTF-16, or Windows-1252; separated by commas, semicolons, tabs or bars;
    with any line endings; with a header line, or without one if the first cell is an address.
    """
    with open_table(path, readings) as table:
        yield from rows_of(table)


def parse_csv(file: TextIO, *, file_name: str, readings: Readings = AS_WRITTEN) -> Iterator[CsvRow]:
    """Yield the rows of an open text file (opened with `newline=""`); `file_name` is for error messages."""
    yield from rows_of(read_table(file, readings, file_name=file_name))


@contextmanager
def open_table(path: Path, readings: Readings) -> Iterator[Table]:
    """Open a file and read its header. Raises UsageError, also while its rows are read."""
    try:
        with path.open("r", encoding=encoding_of(path), errors="replace", newline="") as file:
            yield read_table(file, readings, file_name=str(path))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}.", "Give the path of a CSV file."
        ) from error


def rows_of(table: Table) -> Iterator[CsvRow]:
    """Yield what the rows of a table say."""
    make = _row_of(table.columns)
    is_bare = len(table.columns.names) <= 1  # nothing but addresses, or no header
    for row in table.rows:
        if row.error:
            yield CsvRow(row.line, row.cells[0], problem=_TOO_LONG)
        elif is_bare and row.text.count("@") > 1 and (mailboxes := _mailboxes(row)):
            for mailbox in mailboxes:
                yield make(row.line, [mailbox])
        elif is_bare and is_mailbox_line(row.text):
            yield make(row.line, [row.text.strip()])
        else:
            yield make(row.line, row.cells)


def _mailboxes(row: Row) -> list[str]:
    """Return the mailboxes on a line that holds nothing else; [] if it does not hold several."""
    mailboxes = split_mailboxes(row.text.strip())
    return mailboxes if len(mailboxes) > 1 and all("@" in one for one in mailboxes) else []


def write_csv(file: TextIO, subscribers: Iterable[SubscriberRow], zone: ZoneInfo) -> int:
    """Write subscribers with a header line; returns how many. Open the file with `newline=""`.

    `zone` is the newsletter's: its dates say until when somebody pauses.
    """
    write = row_writer(file)
    write(COLUMNS)
    number = 0
    for one in subscribers:
        until = one.paused_until.astimezone(zone).date().isoformat() if one.paused_until else ""
        cells = [one.email, one.name, " ".join(one.themes), one.language, one.status.value, one.reason]
        write([*cells, one.frequency.value, until])
        number += 1
    return number


def row_writer(file: TextIO) -> Callable[[Iterable[str | int]], None]:
    """Return a function that writes rows of a CSV file in which no spreadsheet sees a formula."""
    writer = csv.writer(file, lineterminator="\r\n")

    def write(cells: Iterable[str | int]) -> None:
        writer.writerow([_guarded(cell) if isinstance(cell, str) else cell for cell in cells])

    return write


def _row_of(columns: Columns) -> Callable[[int, list[str]], CsvRow]:
    """Return a function that makes a CsvRow from cells in these columns."""
    email, themes, language, name_places = columns.email, columns.themes, columns.language, columns.name
    last = themes == len(columns.names) - 1
    says = themes >= 0, bool(name_places), language >= 0
    standing_of = _standing_of(columns)
    frequency, paused_until = columns.frequency, columns.paused_until
    frequency_of = _frequency_of(columns)

    first_name, *more_names = name_places or (_NOWHERE,)

    def row(line: int, cells: list[str]) -> CsvRow:
        length = len(cells)
        standing, problem = standing_of(cells) if standing_of else (ACTIVE, "")
        address = cells[email] if email < length else ""
        name = _unguarded(cells[first_name]) if first_name < length else ""
        for place in more_names:
            name += f" {_unguarded(cells[place])}" if place < length else ""
        if not is_plain_address(address):
            address, own_name = read_address_cell(_unguarded(address))
            name = name if name.strip() else own_name
            if not problem and address.count("@") > 1 and len(split_mailboxes(address)) > 1:
                problem = _SEVERAL
        if themes < 0 or themes >= length:
            themes_cell = ""
        elif last:  # "comms;civic-tech" in a file that is separated by semicolons
            themes_cell = " ".join(cells[themes:])
        else:
            themes_cell = cells[themes]
        return CsvRow(
            line,
            address,
            " ".join(name.split()) if name else "",
            _themes(themes_cell) if themes_cell else (),
            cells[language] if 0 <= language < length else "",
            *says,
            problem,
            standing,
            frequency_of(cells[frequency]) if 0 <= frequency < length else "",
            cells[paused_until] if 0 <= paused_until < length else "",
        )

    return row


def _frequency_of(columns: Columns) -> Callable[[str], str]:
    """Return a function that gives the frequency in a cell; other words as they are, and "" for what is a status."""

    @lru_cache(maxsize=4096)
    def frequency(cell: str) -> str:
        if columns.not_frequencies and normal_word(cell) in columns.not_frequencies:
            return ""
        return by_frequency(cell) or cell

    return lambda cell: frequency(_unguarded(cell)[:_CLIPPED]) if cell else ""


def has_too_many(cells: list[str], columns: Columns) -> bool:
    """Whether a row has more cells than the header: a separator within a name moves the status to another column."""
    return 0 < len(columns.names) < len(cells)


def _standing_of(columns: Columns) -> Callable[[list[str]], tuple[Standing, str]] | None:
    """Return a function that gives what the cells of a row say, or the problem; None if the file says nothing."""
    if not columns.statuses and columns.everybody == ACTIVE:
        return None

    is_own = columns.reason >= 0

    def standing(cells: list[str]) -> tuple[Standing, str]:
        if has_too_many(cells, columns):
            return ACTIVE, _TOO_MANY
        standings = [columns.everybody]
        for column in columns.statuses:
            cell = _unguarded(cells[column.position])[:_CLIPPED] if column.position < len(cells) else ""
            one = column.read(cell)
            if one is None:
                return ACTIVE, f"{column.name} is {cell[:40]!r}, which is not understood"
            standings.append(one if one != SUPPRESSED or is_own else with_reason(one, f"{column.name}: {cell[:40]}"))
        result = most_restrictive(standings)
        if 0 <= columns.reason < len(cells):
            result = with_reason(result, _unguarded(cells[columns.reason]))
        return result, ""

    return standing


def _themes(text: str) -> tuple[str, ...]:
    """Return the themes in a cell, in its order; "all" gives ()."""
    return _few_themes(text) if len(text) <= LONGEST_WORD else _few_themes.__wrapped__(text)


@lru_cache(maxsize=4096)
def _few_themes(text: str) -> tuple[str, ...]:
    """The same, cached: most rows have the same few cells."""
    themes = tuple(dict.fromkeys(theme for theme in _SEPARATORS.split(text.casefold()) if theme))
    return () if themes == ("all",) else themes


def _guarded(text: str) -> str:
    """Return the cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text, 1) else text
