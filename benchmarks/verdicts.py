"""What an editor said of the sentences of posts: annotations {id, best, good, bad}, a line each.

`best` are extracts to print, each a list of sentences; `good` are further sentences that may be printed; `bad` names
sentences that may not, with the kind of their fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
BEST, GOOD = "BEST", "GOOD"


def read_posts(rows: Path, annotations: Path) -> list[tuple[Row, Row]]:
    """The annotated posts, each with its annotation."""
    by_id = {row["id"]: row for row in read_lines(rows)}
    return [
        (by_id[annotation["id"]], annotation) for annotation in read_lines(annotations) if annotation["id"] in by_id
    ]


def verdicts(annotation: Row) -> dict[str, str]:
    """BEST, GOOD or the kind of fault by sentence; sentences as they are written, white space aside."""
    result = {plain(sentence): str(kind) for sentence, kind in annotation["bad"].items()}
    result |= dict.fromkeys(map(plain, annotation["good"]), GOOD)
    return result | {plain(sentence): BEST for extract in annotation["best"] for sentence in extract}


def plain(sentence: str) -> str:
    return " ".join(sentence.split())


def read_lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
