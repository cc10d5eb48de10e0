"""Sentence boundaries inside paragraphs against gold, positions counted in characters that are not white space."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.results import Scored
from digest.read.summary.split_sentences import split


def score(path: Path) -> Scored:
    """`{CORPUS: f1}` per corpus, and `all`."""
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        expected = _ends(row["sentences"])
        actual = _ends(sentence.text for sentence in split(row["text"]))
        for name in (row["corpus"], "all"):
            counts.setdefault(name, Counter()).update(
                right=len(expected & actual), surplus=len(actual - expected), missing=len(expected - actual)
            )
    return Scored(len(rows), {name: _f1(counted) for name, counted in counts.items()})


def _ends(sentences: Iterable[str]) -> set[int]:
    """Where each sentence but the last ends; the paragraph's own end is no finding."""
    ends, position = [], 0
    for sentence in sentences:
        position += sum(not character.isspace() for character in sentence)
        ends.append(position)
    return set(ends[:-1])


def _f1(counted: Counter[str]) -> float:
    right, surplus, missing = counted["right"], counted["surplus"], counted["missing"]
    return round(2 * right / (2 * right + surplus + missing), 4) if right + surplus + missing else 1.0
