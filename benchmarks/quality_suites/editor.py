"""Summaries against what an editor would print: ROWS.jsonl holds the posts, ANNOTATIONS.jsonl the verdicts on them.

Measures over the posts:

- `printable`: every sentence of the summary is in best or good;
- `hit`: at least one is in best;
- `trap`: at least one is in bad; `traps` counts such sentences by kind.

A sentence without a verdict is neither printable nor a trap. `sources` has the same per source. Posts that the shipped
model learnt from flatter it: in `nested` each such post is summarised by a model, all settings of which were chosen
without the post's source, and in `other_collections` without its whole file. Both learn from the files beside ROWS.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import train_summaries
from benchmarks.quality_suites.summaries import article_of
from benchmarks.results import Scored
from benchmarks.train_summaries import Corpus
from benchmarks.verdicts import BEST, GOOD, Row, plain, read_lines, read_posts, verdicts
from digest.model import Summary
from digest.read.summary.fitness import FitnessModel
from digest.read.summary.repeated_sentences import repeated_sentences, sentence_keys
from digest.read.summary.summarise import summarise

_FEWEST = 10  # posts of a source that has figures of its own
_NEWEST = 30  # other posts of a source that an edition looks at
Summarise = Callable[[Row], Summary]


def score(rows: Path, annotations: Path) -> Scored:
    """The measures with the shipped model, and where it learnt from these posts with models that did not."""
    posts = read_posts(rows, annotations)
    known = keys_by_source(rows)

    def summary_of(row: Row, model: FitnessModel | None = None) -> Summary:
        return product(row, model, repeats_of(row, known[row["source"]]))

    judged = judge(posts, summary_of)
    scores = measure(judged) | {"sources": _by_source(posts, judged)}
    data = json.loads((files("digest.read") / "data" / "summaries.json").read_text("utf-8"))
    if any(train_summaries.fingerprint(row["id"]) in data["trained_on"] for row, _ in posts):
        corpus = Corpus.read(rows.parent)
        without_fold = cache(lambda part: corpus.model(lambda fold, _: fold != part))
        without_collection = corpus.model(lambda _, collection: collection != rows.stem)
        scores["nested"] = measure(
            judge(posts, lambda row: summary_of(row, without_fold(corpus.fold_of[row["source"]])))
        )
        scores["other_collections"] = measure(judge(posts, lambda row: summary_of(row, without_collection)))
    return Scored(len(posts), scores)


def keys_by_source(rows: Path) -> dict[str, dict[str, frozenset[int]]]:
    """The keys of the sentences of each post of the file, by source and post."""
    keys: defaultdict[str, dict[str, frozenset[int]]] = defaultdict(dict)
    for row in read_lines(rows):
        keys[row["source"]][row["id"]] = sentence_keys(article_of(str(row["text"])))
    return keys


def repeats_of(row: Row, of_source: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """What its source repeats, told by as many posts as an edition looks at, the row's own among them."""
    others = islice((keys for post, keys in of_source.items() if post != row["id"]), _NEWEST)
    return repeated_sentences([of_source[row["id"]], *others])


def product(row: Row, model: FitnessModel | None = None, repeats: frozenset[int] = frozenset()) -> Summary:
    """The summary of a row with the product's default settings."""
    title = str(row.get("title") or "")
    return summarise(article_of(str(row["text"])), title=title, model=model, repeats=repeats)


def judge(posts: Iterable[tuple[Row, Row]], summary_of: Summarise) -> list[list[str]]:
    """The verdicts on each post's summary, "" where there is none."""
    result = []
    for row, annotation in posts:
        known = verdicts(annotation)
        result.append([known.get(plain(sentence.text), "") for sentence in summary_of(row).sentences])
    return result


def measure(judged: Iterable[list[str]]) -> dict[str, Any]:
    posts = list(judged)
    bad = [[verdict for verdict in post if verdict not in (BEST, GOOD, "")] for post in posts]
    return {
        "printable": _share(bool(post) and all(verdict in (BEST, GOOD) for verdict in post) for post in posts),
        "hit": _share(BEST in post for post in posts),
        "trap": _share(map(bool, bad)),
        "n": len(posts),
        "traps": dict(sorted(Counter(kind for post in bad for kind in post).items())),
    }


def _by_source(posts: list[tuple[Row, Row]], judged: list[list[str]]) -> dict[str, Any]:
    counts = Counter(row["source"] for row, _ in posts)
    groups: defaultdict[str, list[list[str]]] = defaultdict(list)
    for (row, _), post in zip(posts, judged, strict=True):
        groups[row["source"] if counts[row["source"]] >= _FEWEST else "other sources"].append(post)
    return {name: measure(group) for name, group in sorted(groups.items())}


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return round(sum(values) / len(values), 4) if values else 0.0
