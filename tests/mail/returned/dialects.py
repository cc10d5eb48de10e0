"""Returned mails in the forms of many mail systems, each with what it is: `dialects/NAME.eml`.

The first line says the expected kind, and the cause of a bounce; `TOKEN` in the text stands for a subscriber's token.
They are about ada@reader.example. Adding a case is adding a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digest.mail.returned.parse_bounce import Kind

ADDRESS = "ada@reader.example"
RETURN_PATH = "bounces+{token}@news.example.org"


@dataclass(frozen=True)
class Dialect:
    """One mail and what it is."""

    name: str
    kind: Kind
    cause: str
    text: str

    def raw(self, token: str) -> bytes:
        return self.text.replace("TOKEN", token).encode()


def _read(path: Path) -> Dialect:
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    kind, _, cause = first.removeprefix("X-Expected: ").partition(" ")
    return Dialect(path.stem, Kind(kind), cause, text)


DIALECTS = [_read(path) for path in sorted((Path(__file__).parent / "dialects").glob("*.eml"))]
BY_NAME = {one.name: one for one in DIALECTS}
