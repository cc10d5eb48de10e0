"""Read and write subscribers as CSV. Reading copes with what spreadsheets do to files; what was written reads back."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TextIO

from digest.errors import UsageError
from digest.model import SubscriberRow
from digest.text import clean_line

COLUMNS = ("email", "name", "themes", "language", "status")
_ALIASES = {
    "email": ("email", "e-mail", "mail", "email address", "e-mail address", "address", "emailaddress"),
    "name": ("name", "full name", "fullname", "display name"),
    "themes": ("themes", "theme", "topics", "topic", "lists"),
    "language": ("language", "lang", "locale"),
    "status": ("status",),
}
_LINES_OF_A_ROW = 5
_PLAIN = 100_000  # characters; a shorter row without quotation marks is split without the csv module
_MOST_OF_BAD_ROW = 100  # characters of a row that could not be read
_TOO_LONG = "one of its cells is longer than an address may be"  # the only error that the csv module still raises
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # OWASP's list; behind our own mark, too, so that it comes off again
_SEPARATORS = re.compile(r"[;|,\s]+")


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


def read_csv(path: Path) -> Iterator[CsvRow]:
    """Yield the rows of a file. Empty lines are skipped. Raises UsageError if the file cannot be read.

    The file may be UTF-8 with or without BOM, UTF-16 with BOM, or Windows-1252; separated by commas, semicolons or
    tabs; with any line endings; with a header line, or without one if the first cell is an address.
    """
    try:
        encoding = _encoding(path)
        with path.open("r", encoding=encoding, errors="replace", newline="") as file:
            yield from parse_csv(file, file_name=str(path))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}.", "Give the path of a CSV file."
        ) from error


def parse_csv(file: TextIO, *, file_name: str) -> Iterator[CsvRow]:
    """Yield the rows of an open text file (opened with `newline=""`); `file_name` is for error messages."""
    first = ""
    skipped = 0
    while not first.strip():
        first = file.readline()
        if not first:
            raise UsageError(f"{file_name} is empty.", "The first line names the columns: email,name,themes")
        skipped += 1
    separator = max(";\t,", key=lambda char: (_outside_quotes(first, char), char == ","))
    row: Callable[[int, list[str]], CsvRow] | None = None
    for line, text in _rows(enumerate(_without_nul(_chained(first, file)), skipped)):
        try:
            cells = _cells(text, separator)
        except csv.Error as error:
            if row is None:
                raise UsageError(f"{file_name}, line {line}: {error}.", "Is it really a CSV file?") from error
            yield CsvRow(line, text[:_MOST_OF_BAD_ROW].split(separator)[0].strip('" '), problem=_TOO_LONG)
            continue
        if not any(cells):
            continue
        if row is None:
            columns = _columns(cells, file_name)
            row = _row_of(columns)
            if "@" not in cells[columns["email"]]:
                continue
        yield row(line, cells)


def write_csv(file: TextIO, subscribers: Iterable[SubscriberRow]) -> int:
    """Write subscribers with a header line; returns how many. Open the file with `newline=""`."""
    write = row_writer(file)
    write(COLUMNS)
    number = 0
    for one in subscribers:
        write([one.email, one.name, " ".join(one.themes), one.language, one.status.value])
        number += 1
    return number


def row_writer(file: TextIO) -> Callable[[Iterable[str | int]], None]:
    """Return a function that writes rows of a CSV file in which no spreadsheet sees a formula."""
    writer = csv.writer(file, lineterminator="\r\n")

    def write(cells: Iterable[str | int]) -> None:
        writer.writerow([_guarded(cell) if isinstance(cell, str) else cell for cell in cells])

    return write


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"  # Excel's "CSV" on Western Windows; a superset of Latin-1 where it matters
    return "utf-8-sig"


def _chained(first: str, file: TextIO) -> Iterator[str]:
    yield first.lstrip("\ufeff").removeprefix("ï»¿")  # UTF-8's mark, in a file that is not UTF-8 after all
    yield from file


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.replace("\0", "")


def _cells(text: str, separator: str) -> list[str]:
    """Return the cells of a row, without blanks around them. Raises csv.Error."""
    if '"' in text or len(text) > _PLAIN:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        return [cell.strip() for cell in next(reader, [])]
    # Without quotation marks, splitting is enough, and faster than a csv.reader for each row.
    return [cell.strip() for cell in text.split(separator)]


def _outside_quotes(line: str, char: str) -> int:
    return re.sub(r'"[^"]*"', "", line).count(char)


def _rows(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the text of each row, with the line on which it begins.

    A quoted cell may contain line breaks. But a quotation mark that is never closed must not swallow the subscribers
    after it: if it is still open after some lines, or at the next address, each line is a row of its own.
    """
    open_row: list[tuple[int, str]] = []
    for number, line in lines:
        if open_row and ("@" in line or len(open_row) == _LINES_OF_A_ROW):
            yield from open_row
            open_row = []
        if not open_row and '"' not in line:
            yield number, line
            continue
        odd = line.count('"') % 2
        if open_row:
            open_row.append((number, line))
            if odd:
                yield open_row[0][0], "".join(text for _, text in open_row)
                open_row = []
        elif odd:
            open_row = [(number, line)]
        else:
            yield number, line
    yield from open_row


def _columns(cells: list[str], file_name: str) -> dict[str, int]:
    """Return the position of each column. A file without a header has them in the documented order."""
    names = [cell.strip().strip("\ufeff").casefold() for cell in cells]
    columns: dict[str, int] = {}
    for column, aliases in _ALIASES.items():
        for position, name in enumerate(names):
            if name.replace("_", " ") in aliases and column not in columns:
                columns[column] = position
    if "email" in columns:
        return columns
    if "@" in cells[0]:
        return {column: position for position, column in enumerate(COLUMNS) if position < len(cells)}
    raise UsageError(
        f"{file_name} has no column named email; its first line is {clean_line(', '.join(cells), limit=120)!r}.",
        "The first line names the columns: email,name,themes",
    )


def _row_of(columns: dict[str, int]) -> Callable[[int, list[str]], CsvRow]:
    """Return a function that makes a CsvRow from cells in these columns."""
    nowhere = 1_000_000
    email, name, themes, language = (columns.get(one, nowhere) for one in ("email", "name", "themes", "language"))
    last = themes == len(columns) - 1
    says = "themes" in columns, "name" in columns, "language" in columns

    def row(line: int, cells: list[str]) -> CsvRow:
        length = len(cells)
        name_cell = cells[name] if name < length else ""
        if themes >= length:
            themes_cell = ""
        elif last:  # "comms;civic-tech" in a file that is separated by semicolons
            themes_cell = " ".join(cells[themes:])
        else:
            themes_cell = cells[themes]
        return CsvRow(
            line,
            _unguarded(cells[email]) if email < length else "",
            " ".join(_unguarded(name_cell).split()) if name_cell else "",
            _themes(themes_cell) if themes_cell else (),
            cells[language] if language < length else "",
            *says,
        )

    return row


@lru_cache(maxsize=4096)
def _themes(text: str) -> tuple[str, ...]:
    """Return the themes in a cell, in its order; "all" gives (). Cached: most rows have the same few cells."""
    themes = tuple(dict.fromkeys(theme for theme in _SEPARATORS.split(text.casefold()) if theme))
    return () if themes == ("all",) else themes


def _guarded(text: str) -> str:
    """Return the cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text, 1) else text
