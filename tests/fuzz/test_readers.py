"""The table in docs/design.md and the fuzzer name the same readers of foreign bytes."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from tests.fuzz.readers import READERS

ROOT = Path(__file__).parents[2]
_DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")
TABLE = _DESIGN.split("## Readers of foreign bytes", 1)[1].split("\n## ", 1)[0]
ROWS = [line.strip("|").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][2:]


def modules(cell: str) -> set[str]:
    """What a cell names; a name without a folder lies beside the one before it."""
    names: list[str] = []
    for name in re.findall(r"`([^`]+)`", cell):
        beside = "/" not in name and names
        names.append(str(PurePosixPath(names[-1]).parent / name) if beside else name)
    return set(names)


def test_each_row_of_the_table_has_a_reader_and_each_reader_a_row() -> None:
    rows = set().union(*(modules(row[1]) for row in ROWS))
    readers = {module for reader in READERS.values() for module in reader.where}
    assert rows == readers


def test_each_row_says_where_and_how_much() -> None:
    for what, where, bound, *_ in ROWS:
        assert modules(where), what
        assert bound.strip(), what


def test_what_the_table_names_is_there() -> None:
    missing = [name for row in ROWS for name in modules(row[1]) if not (ROOT / "digest" / name).exists()]
    assert missing == []
