"""The bytes of a file as rows of cells: encodings, separators, quotation marks, what stands above the header.

bytes ─▶ lines ─▶ rows of text ─▶ the header, or none ─▶ rows of cells
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

from digest.errors import UsageError
from digest.subscribers.csv_columns import Columns, Readings, columns_of, is_header, without_header
from digest.text import clean_line

_LINES_OF_A_ROW = 5
_ROWS_TO_LOOK_AT = 10  # a header may stand below "Members for group x"
_PLAIN = 100_000  # characters; a shorter row without quotation marks is split without the csv module
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's own first line
_MAILBOX = re.compile(r"[^<>]*<[^<>@\s]+@[^<>@\s]+>[\s,;]*")  # `Name <address>`, as list servers write it
_MOST_OF_BAD_ROW = 100  # characters of a row that could not be read
_WHAT_THE_FIRST_LINE_IS = "The first line names the columns: email,name,themes"


class Row(NamedTuple):
    """The cells of one row, without blanks around them."""

    line: int  # 1-based line of the file on which it begins
    cells: list[str]
    text: str  # as it is in the file
    error: bool = False  # it could not be split: a cell is too long


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header has been read: what its columns mean, and its rows."""

    columns: Columns
    rows: Iterator[Row]
    title: str  # what stands above the header


def is_mailbox_line(text: str) -> bool:
    """Whether a row is one mailbox with a name, whatever commas are in the name."""
    return _MAILBOX.fullmatch(text) is not None


def encoding_of(path: Path) -> str:
    """Return how the file is encoded. Raises OSError, and UsageError for a workbook."""
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise UsageError(f"{path} is a workbook or an archive, not a text file.", "Save it as CSV (UTF-8) first.")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in head and len(head) == len(codecs.BOM_UTF32_LE):  # UTF-16 without its mark
            return "utf-16-be" if head[0] == 0 else "utf-16-le"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"  # Excel's "CSV" on Western Windows; a superset of Latin-1 where it matters
    return "utf-8-sig"


def read_table(file: TextIO, readings: Readings, *, file_name: str) -> Table:
    """Read the header of an open text file (opened with `newline=""`). Raises UsageError where there is none."""
    rows = ((line, text) for line, text in _rows(enumerate(_clean(file), 1)) if text.strip())
    top = list(itertools.islice(rows, _ROWS_TO_LOOK_AT))
    if not top:
        raise UsageError(f"{file_name} is empty.", _WHAT_THE_FIRST_LINE_IS)
    columns, separator, start = _header(top, readings, file_name)
    title = " ".join(text.strip() for _, text in top[: start - bool(columns.names)])
    return Table(columns, _cells_of(itertools.chain(top[start:], rows), separator), title)


def _clean(file: TextIO) -> Iterator[str]:
    """Yield the lines without NUL, and without the mark of UTF-8, also in a file that is not UTF-8 after all."""
    first = True
    for line in file:
        line = line.replace("\0", "")
        yield line.lstrip("\ufeff").removeprefix("ï»¿") if first else line
        first = first and not line.strip()


def _header(top: list[tuple[int, str]], readings: Readings, file_name: str) -> tuple[Columns, str, int]:
    """Find the header, or the first row of a file without one. Return columns, separator, and where the rows begin."""
    marked = _SEP.fullmatch(top[0][1])
    begin = 1 if marked and len(top) > 1 else 0
    before: list[str] = []
    for index in range(begin, len(top)):
        line, text = top[index]
        separator = marked[1] if marked else _separator(text)
        try:
            cells = split_cells(text, separator)
            if is_header(cells, readings):
                return (
                    columns_of(cells, readings, email=_address_place(top, index + 1, separator)),
                    separator,
                    index + 1,
                )
        except csv.Error as error:
            raise UsageError(f"{file_name}, line {line}: {error}.", "Is it really a CSV file?") from error
        if "@" in text:
            addresses = [position for position, cell in enumerate(cells) if "@" in cell]
            if len(before) == len(cells) and len(addresses) == 1:
                return columns_of(before, readings, email=addresses[0]), separator, index
            if "@" in cells[0] or _MAILBOX.fullmatch(text):
                return without_header(readings), separator, index
            break
        before = cells
    first = clean_line(top[begin][1], limit=120)
    raise UsageError(f"{file_name} has no column named email; its first line is {first!r}.", _WHAT_THE_FIRST_LINE_IS)


def _address_place(top: list[tuple[int, str]], index: int, separator: str) -> int:
    """Return the only column with an address in a row; -1 if there is none, or several. Raises csv.Error."""
    if index >= len(top):
        return -1
    places = [position for position, cell in enumerate(split_cells(top[index][1], separator)) if "@" in cell]
    return places[0] if len(places) == 1 else -1


def _cells_of(rows: Iterable[tuple[int, str]], separator: str) -> Iterator[Row]:
    for line, text in rows:
        try:
            cells = split_cells(text, separator)
        except csv.Error:
            yield Row(line, [text[:_MOST_OF_BAD_ROW].split(separator)[0].strip('" ')], text, error=True)
            continue
        if any(cells):
            yield Row(line, cells, text)


def split_cells(text: str, separator: str) -> list[str]:
    """Return the cells of a row, without blanks around them. Raises csv.Error."""
    if '"' in text or len(text) > _PLAIN:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        return [cell.strip() for cell in next(reader, [])] or [""]
    # Without quotation marks, splitting is enough, and faster than a csv.reader for each row.
    return [cell.strip() for cell in text.split(separator)]


def _separator(text: str) -> str:
    outside_quotes = re.sub(r'"[^"]*"', "", text)
    return max(";\t|,", key=lambda char: (outside_quotes.count(char), char == ","))


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
