"""The summaries of each `[summary] method`, side by side: an editor's measures, and likeness to standfirsts as a guard.

The folder holds posts and an editor's verdicts on them (`editor.*.jsonl`). `auto` learnt from these very posts: its
figures on posts that it did not see are those of the suite `editor`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

from benchmarks.quality_suites import editor, summaries
from benchmarks.quality_suites.summaries import article_of
from benchmarks.results import Scored
from benchmarks.verdicts import Row, read_posts
from digest.model import Summary
from digest.read.summary.summarise import summarise
from digest.settings.tables import SummaryRule

METHODS: tuple[str, ...] = get_args(SummaryRule.model_fields["method"].annotation)
MEASURES = ("printable", "hit", "trap")
_ROUGE = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
_GUARD = "standfirst"
"""The set of authors' standfirsts in `dev.jsonl`."""


def score(path: Path) -> Scored:
    """`{METHOD: {"printable", "hit", "trap", "ROUGE-1", …}}`."""
    posts = [
        post
        for annotations in sorted(path.glob("editor.*.jsonl"))
        for post in read_posts(path / annotations.name.removeprefix("editor."), annotations)
    ]
    scores: dict[str, dict[str, float]] = {}
    for method in METHODS:
        by_method = partial(summary_of, method=method)
        measured = editor.measure(editor.judge(posts, by_method))
        rouge = summaries.score(path / "dev.jsonl", by_method).scores[_GUARD]
        scores[method] = {measure: measured[measure] for measure in MEASURES}
        scores[method] |= {label: rouge[key] for key, label in _ROUGE.items()}
    return Scored(len(posts), scores)


def summary_of(row: Row, method: str) -> Summary:
    """The summary of a row by one method, within the default limits."""
    return summarise(article_of(str(row["text"])), title=str(row.get("title") or ""), method=method)
