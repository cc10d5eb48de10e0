"""Subscribers' files, as spreadsheets and people write them."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import EffectiveStatus, SubscriberRow
from digest.subscribers.csv_file import CsvRow, parse_csv, read_csv, row_writer, write_csv
from digest.subscribers.csv_table import split_cells

LONDON = ZoneInfo("Europe/London")


def as_text(subscribers: list[SubscriberRow]) -> str:
    file = io.StringIO(newline="")
    write_csv(file, subscribers, LONDON)
    return file.getvalue()


def read(tmp_path: Path, data: bytes) -> list[CsvRow]:
    path = tmp_path / "subscribers.csv"
    path.write_bytes(data)
    return list(read_csv(path))


PLAIN = "email,name,themes\nada@example.org,Ada Jönsson,comms;civic-tech\nbo@example.org,,\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.rstrip("\n").encode(),  # the last row without a line end is not lost
        ("\n\n" + PLAIN).encode(),
        PLAIN.encode("cp1252"),
        PLAIN.encode("latin-1"),
        PLAIN.encode("utf-16"),
        b'E-Mail; Name; Topics\r\n"ada@example.org"; "Ada J\xf6nsson"; "comms;civic-tech"\r\nbo@example.org;;\r\n',
        "\ufeffEMAIL\tNAME\tTHEMES\nada@example.org\tAda Jönsson\tcomms|civic-tech\nbo@example.org\t\t\n".encode(),
        'name,email,themes\nAda Jönsson,ada@example.org,"comms, civic-tech"\n,bo@example.org,\n'.encode(),
        "ada@example.org,Ada Jönsson,Comms civic-tech\nbo@example.org\n".encode(),  # no header
    ],
    ids=[
        "plain",
        "bom",
        "crlf",
        "cr",
        "no end",
        "blank",
        "cp1252",
        "latin1",
        "utf16",
        "excel",
        "tabs",
        "order",
        "bare",
    ],
)
def test_every_file_format_gives_the_same_two_subscribers(tmp_path: Path, data: bytes) -> None:
    rows = read(tmp_path, data)
    assert [(row.email, row.name, row.themes) for row in rows] == [
        ("ada@example.org", "Ada Jönsson", ("comms", "civic-tech")),
        ("bo@example.org", "", ()),
    ]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    data = b'\nemail,name\n\n"ada@example.org","Ada\nin two lines"\nbo@example.org,Bo\n\n,\ncy@example.org,Cy\n'
    assert [(row.line, row.email, row.name) for row in read(tmp_path, data)] == [
        (4, "ada@example.org", "Ada in two lines"),
        (6, "bo@example.org", "Bo"),
        (9, "cy@example.org", "Cy"),
    ]


def test_reads_only_the_columns_present(tmp_path: Path) -> None:
    (row,) = read(tmp_path, b"email\nada@example.org\n")
    assert row == CsvRow(2, "ada@example.org")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"first,last\nAda,Example\n", "no column named email"),
    ],
)
def test_unreadable_files_are_errors(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(tmp_path, data)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_csv(tmp_path / "nowhere.csv"))


def test_an_open_quote_makes_only_its_own_row_invalid(tmp_path: Path) -> None:
    data = b'email,name\n"ada@example.org,Ada\n' + b"bo@example.org,Bo\n" * 8000
    path = tmp_path / "s.csv"
    path.write_bytes(data)
    rows = list(read_csv(path))
    assert len(rows) == 8001
    assert rows[0].email == "ada@example.org,Ada"  # its verdict will be: not an address


def test_cells_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    text = as_text([SubscriberRow(1, "ada@example.org", '=HYPERLINK("x")', (), "", EffectiveStatus.ACTIVE)])
    assert "'=HYPERLINK" in text
    assert next(iter(parse_csv(io.StringIO(text, newline=""), file_name="x"))).name == '=HYPERLINK("x")'


def test_the_formula_guard_is_removed_when_read() -> None:
    for local in ("=1+1", "'=1+1", "''=1+1", "+ada", "-ada", "'ada", "o'neill"):
        address = f"{local}@x.example"
        text = as_text([SubscriberRow(1, address, f"{local} ＝2", (), "", EffectiveStatus.ACTIVE)])
        assert not re.search(r"(?m)(^|,)\"?[=+@-]", text.partition("\n")[2])
        (row,) = parse_csv(io.StringIO(text, newline=""), file_name="x")
        assert (row.email, row.name) == (address, f"{local} ＝2")
    file = io.StringIO()
    row_writer(file)(["=a", "\t=b", 7, "-c", "@d", "e", "＝f", ""])
    assert next(csv.reader([file.getvalue()])) == ["'=a", "'\t=b", "7", "'-c", "'@d", "e", "'＝f", ""]


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")
def test_every_character_that_begins_a_formula_is_guarded(first: str) -> None:
    """OWASP's list; East Asian spreadsheets take the full-width forms for the others."""
    file = io.StringIO(newline="")
    row_writer(file)([f"{first}1", f"'{first}1", f"1{first}"])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [f"'{first}1", f"''{first}1", f"1{first}"]
    text = as_text([SubscriberRow(1, "ada@example.org", f"{first}1", (), "", EffectiveStatus.ACTIVE)])
    assert f"'{first}1" in text


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_that_is_too_long_makes_only_its_own_row_invalid(quote: str) -> None:
    long = quote + "x" * 140_000 + quote
    text = f"email,name\nada@example.org,Ada\n{long},Bo\ncy@example.org,{long}\ndi@example.org,Di\n"
    rows = list(parse_csv(io.StringIO(text, newline=""), file_name="x"))
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert ["longer than an address may be" in row.problem for row in rows] == [False, True, True, False]
    assert (rows[1].email, rows[2].email) == ("x" * (100 - len(quote)), "cy@example.org")
    assert rows[3].email == "di@example.org"


names = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), max_size=20)


@given(st.lists(st.tuples(names, st.lists(st.sampled_from(["comms", "civic-tech", "recruitment"]), unique=True))))
def test_reads_what_it_writes(rows: list[tuple[str, list[str]]]) -> None:
    rows_ = [
        SubscriberRow(number, f"r{number}@example.org", name, tuple(themes), "en", EffectiveStatus.ACTIVE)
        for number, (name, themes) in enumerate(rows)
    ]
    back = parse_csv(io.StringIO(as_text(rows_), newline=""), file_name="x")
    assert [(row.email, row.name, row.themes, row.language) for row in back] == [
        (one.email, one.name, one.themes, one.language) for one in rows_
    ]


@given(st.text(st.sampled_from("ab@. '\t\v\x85\u2028é,;"), max_size=30), st.sampled_from(",;\t"))
def test_a_row_without_quotation_marks_has_the_cells_that_the_csv_module_finds(text: str, separator: str) -> None:
    """Such rows are split without it."""
    file = io.StringIO(text + "\r\n", newline="")
    expected = next(csv.reader(file, delimiter=separator, skipinitialspace=True))
    assert split_cells(text + "\r\n", separator) == ([cell.strip() for cell in expected] or [""])


@pytest.mark.parametrize("name", ["Ada\u2028Penhale", '"Ada\u2028Penhale"', "Ada\x85Penhale", '"Ada\x0bPenhale"'])
def test_only_csv_line_ends_end_a_row(name: str) -> None:
    (row,) = parse_csv(io.StringIO(f"email,name,themes\nada@example.org,{name},comms\n", newline=""), file_name="x")
    assert (row.email, row.name, row.themes) == ("ada@example.org", "Ada Penhale", ("comms",))


@given(st.text(max_size=200))
def test_any_text_gives_rows_or_a_clear_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        list(parse_csv(io.StringIO(text, newline=""), file_name="x"))


def test_an_open_quotation_mark_loses_no_subscriber() -> None:
    text = 'email,name\na@example.org,"Stray name\nb@example.org,Bob\nc@example.org,Cy\n'
    assert [row.email for row in parse_csv(io.StringIO(text, newline=""), file_name="x")] == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
    ]


def test_an_open_quotation_mark_ends_at_the_next_address_even_if_another_one_follows() -> None:
    text = 'email,name\na@example.org,"Stray\nb@example.org,Bob\nc@example.org,"Stray\nd@example.org,Di\n'
    rows = list(parse_csv(io.StringIO(text, newline=""), file_name="x"))
    assert [(row.line, row.email) for row in rows] == [
        (2, "a@example.org"),
        (3, "b@example.org"),
        (4, "c@example.org"),
        (5, "d@example.org"),
    ]


@pytest.mark.parametrize(("lines", "is_one_row"), [(5, True), (6, False)])
def test_a_quoted_cell_has_five_lines_at_most(lines: int, is_one_row: bool) -> None:
    cell = "\n".join(f"line {number}" for number in range(lines))
    text = f'email,name\na@example.org,"{cell}"\nb@example.org,Bo\n'
    numbers = [row.line for row in parse_csv(io.StringIO(text, newline=""), file_name="x")]
    assert numbers == ([2, lines + 2] if is_one_row else list(range(2, lines + 3)))


def test_text_that_ends_within_a_character_is_windows_text(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"a@example.org,Zo\xc3")
    assert [row.name for row in read_csv(path)] == ["Zo\u00c3"]


def test_a_byte_order_mark_before_windows_text_is_not_in_the_header(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"\xef\xbb\xbfemail,name\nzo@example.org,Zo\xeb\n")
    assert [(row.email, row.name) for row in read_csv(path)] == [("zo@example.org", "Zo\u00eb")]


def test_windows_text_is_recognised_by_the_first_bytes_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes("jö@example.org,Jo\n".encode("cp1252"))
    assert [(row.email, row.name) for row in read_csv(path)] == [("jö@example.org", "Jo")]


def test_a_quoted_cell_keeps_quotation_marks_and_line_breaks() -> None:
    text = 'email,name\na@example.org,"Ada\nthe ""Countess"" of\nPenhale"\nb@example.org,Bo\n'
    rows = parse_csv(io.StringIO(text, newline=""), file_name="x")
    assert [(row.line, row.email, row.name) for row in rows] == [
        (2, "a@example.org", 'Ada the "Countess" of Penhale'),
        (5, "b@example.org", "Bo"),
    ]


def test_themes_that_a_semicolon_file_spreads_over_cells_are_kept() -> None:
    text = "email;name;themes\na@example.org;A;comms;civic-tech\n"
    [row] = parse_csv(io.StringIO(text, newline=""), file_name="x")
    assert row.themes == ("comms", "civic-tech")


@pytest.mark.parametrize(
    "header",
    [
        "E-Mail Address;Full Name;Topics;Locale",
        "email_address;fullname;lists;lang",
        "Mail;Display Name;Topic;Language",
        "emailaddress;name;theme;locale",
    ],
)
def test_columns_are_known_by_their_usual_names(header: str) -> None:
    (row,) = parse_csv(io.StringIO(f"{header}\na@example.org;Ada;comms;cy\n", newline=""), file_name="x")
    assert (row.email, row.name, row.themes, row.language) == ("a@example.org", "Ada", ("comms",), "cy")


def test_a_row_without_a_cell_for_the_address_has_none() -> None:
    (row,) = parse_csv(io.StringIO("name,email\nAda\n", newline=""), file_name="x")
    assert (row.name, row.email, row.problem) == ("Ada", "", "")


def test_the_word_all_means_every_theme() -> None:
    (row,) = parse_csv(io.StringIO("email,themes\na@example.org, ALL \n", newline=""), file_name="x")
    assert (row.themes, row.says_themes) == ((), True)


def test_writing_returns_how_many_subscribers_were_written() -> None:
    rows = [SubscriberRow(n, f"r{n}@example.org", "", (), "", EffectiveStatus.ACTIVE) for n in range(3)]
    assert write_csv(io.StringIO(newline=""), rows, LONDON) == 3
