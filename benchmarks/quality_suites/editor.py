"""Summaries against what an editor would print: ROWS.jsonl holds the posts, ANNOTATIONS.jsonl the verdicts.

An annotation is {id, best: [[sentence, …], …], good: [sentence, …], bad: {sentence: KIND}}. Measures over the posts:

- `printable`: every sentence of the summary is in best or good;
- `hit`: at least one is in best;
- `trap`: at least one is in bad; `traps` counts such sentences by kind.

A sentence without a verdict is neither printable nor a trap.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.quality_suites.summaries import product
from benchmarks.results import Scored
from digest.model import Summary

Row = Mapping[str, Any]
_FEWEST = 10  # posts of a source that has figures of its own
BEST, GOOD = "BEST", "GOOD"


def read_posts(rows: Path, annotations: Path) -> list[tuple[Row, Row]]:
    """The annotated posts, each with its annotation."""
    by_id = {row["id"]: row for row in _lines(rows)}
    return [(by_id[annotation["id"]], annotation) for annotation in _lines(annotations) if annotation["id"] in by_id]


def verdicts(annotation: Row) -> dict[str, str]:
    """BEST, GOOD or the kind of trap by sentence; sentences as they are written, white space aside."""
    result = {plain(sentence): str(kind) for sentence, kind in annotation["bad"].items()}
    result |= dict.fromkeys(map(plain, annotation["good"]), GOOD)
    return result | {plain(sentence): BEST for extract in annotation["best"] for sentence in extract}


def plain(sentence: str) -> str:
    return " ".join(sentence.split())


def measure(judged: Iterable[list[str]]) -> dict[str, Any]:
    """The measures, of a list of verdicts a post; "" stands for none."""
    posts = list(judged)
    bad = [[verdict for verdict in post if verdict not in (BEST, GOOD, "")] for post in posts]
    return {
        "printable": _share(bool(post) and all(verdict in (BEST, GOOD) for verdict in post) for post in posts),
        "hit": _share(BEST in post for post in posts),
        "trap": _share(map(bool, bad)),
        "n": len(posts),
        "traps": dict(sorted(Counter(kind for post in bad for kind in post).items())),
    }


def score(rows: Path, annotations: Path, summary_of: Callable[[Row], Summary] = product) -> Scored:
    """The measures over all posts, and per source where it has enough of them."""
    posts = read_posts(rows, annotations)
    judged = [_judge(summary_of(row), verdicts(annotation)) for row, annotation in posts]
    return Scored(len(posts), measure(judged) | {"sources": _by_source(posts, judged)})


def _judge(summary: Summary, known: Mapping[str, str]) -> list[str]:
    return [known.get(plain(sentence.text), "") for sentence in summary.sentences]


def _by_source(posts: list[tuple[Row, Row]], judged: list[list[str]]) -> dict[str, Any]:
    counts = Counter(row["source"] for row, _ in posts)
    groups: defaultdict[str, list[list[str]]] = defaultdict(list)
    for (row, _), post in zip(posts, judged, strict=True):
        groups[row["source"] if counts[row["source"]] >= _FEWEST else "other sources"].append(post)
    return {name: measure(group) for name, group in sorted(groups.items())}


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return round(sum(values) / len(values), 4) if values else 0.0
