"""What an editor said of the sentences of posts: annotations {id, best, good, bad}, a line each.

`best` are extracts to print, each a list of sentences; `good` are further sentences that may be printed; `bad` names
sentences that may not, with the kind of their fault. A sentence is given by its words, or by where it stands in the
post's text, as "120-187".

`second_reader.jsonl` has the verdicts of a second reader, who had sixteen posts with the first one's to go by, on posts
of `dev2.jsonl` that the first did not read. Nothing is learnt from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.quality_suites.summaries import article_of

Row = Mapping[str, Any]
BEST, GOOD = "BEST", "GOOD"
SECOND_READER = Path(__file__).with_name("second_reader.jsonl")
_SPAN = re.compile(r"(\d+)-(\d+)")


def read_posts(rows: Path, annotations: Path) -> list[tuple[Row, Row]]:
    """The annotated posts, each with its annotation, by words."""
    by_id = {row["id"]: row for row in read_lines(rows)}
    return [
        (by_id[annotation["id"]], _by_words(annotation, by_id[annotation["id"]]))
        for annotation in read_lines(annotations)
        if annotation["id"] in by_id
    ]


def _by_words(annotation: Row, row: Row) -> Row:
    text = article_of(str(row["text"])).text

    def words(sentence: str) -> str:
        span = _SPAN.fullmatch(sentence)
        return text[int(span[1]) : int(span[2])] if span else sentence

    return {
        **annotation,
        "best": [[words(sentence) for sentence in extract] for extract in annotation["best"]],
        "good": [words(sentence) for sentence in annotation["good"]],
        "bad": {words(sentence): kind for sentence, kind in annotation["bad"].items()},
    }


def verdicts(annotation: Row) -> dict[str, str]:
    """BEST, GOOD or the kind of fault by sentence; sentences as they are written, white space aside."""
    result = {plain(sentence): str(kind) for sentence, kind in annotation["bad"].items()}
    result |= dict.fromkeys(map(plain, annotation["good"]), GOOD)
    return result | {plain(sentence): BEST for extract in annotation["best"] for sentence in extract}


def plain(sentence: str) -> str:
    return " ".join(sentence.split())


def read_lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
