"""Extraction from pages against gold: 4-word shingles for whole texts, segments that must and must not be there."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.results import Scored
from digest.model import Page
from digest.read.article.extract import extract

_WORD = re.compile(r"\w+")
_FETCHED = datetime(2026, 1, 1, tzinfo=UTC)
SHINGLE = 4


def cases(path: Path) -> list[tuple[dict[str, Any], Page]]:
    """The gold of each page of the folder that is there, with the page as the collector would keep it."""
    pairs = []
    for line in (path / "manifest.jsonl").read_text("utf-8").strip().split("\n"):
        row = json.loads(line)
        gold, html = path / "gold" / f"{row['id']}.json", path / "html" / f"{row['id']}.html.gz"
        if gold.exists() and html.exists():
            gold_row = json.loads(gold.read_text("utf-8"))
            url = gold_row["url"] or ""  # some of the gold names none
            page = Page(url, url, gzip.decompress(html.read_bytes()), "text/html", _FETCHED)
            pairs.append((gold_row, page))
    return pairs


def text_of(page: Page) -> str:
    """The page's article, extracted as the product does for a post whose feed carries no text."""
    return extract(html="", page=page, url=page.url).text


@dataclass(frozen=True, slots=True)
class PageScore:
    """How the text of one page was read: right, surplus and missing, in shares of all its shingles or in segments."""

    set: str
    whole: bool  # the gold is a whole text, not segments of it
    right: float
    surplus: float
    missing: float
    clean: float = 0.0  # segments that are rightly not there

    @property
    def worth(self) -> float:
        """From 0 to 1, to compare two readings of the page."""
        total = self.right + self.surplus + self.missing + self.clean
        return (self.right + self.clean) / total if total else 1.0


def page_score(gold: Mapping[str, Any], text: str) -> PageScore:
    """Score the text that was read from one page."""
    if gold["kind"] == "fulltext":
        return PageScore(gold["set"], True, *_shares(gold["text"], text))
    flat = " ".join(text.split())
    found = [" ".join(segment.split()) in flat for segment in gold["with"]]
    stray = [" ".join(segment.split()) in flat for segment in gold["without"]]
    return PageScore(gold["set"], False, sum(found), sum(stray), found.count(False), stray.count(False))


def scores_of(pages: Sequence[PageScore]) -> dict[str, dict[str, float]]:
    """`{SET: {"f1","precision","recall"}}` per set, and the `mean` of their F1."""
    by_set: dict[str, list[PageScore]] = {}
    for page in pages:
        by_set.setdefault(page.set, []).append(page)
    # Whole texts first, as the tables have them.
    names = sorted(by_set, key=lambda name: not by_set[name][0].whole)
    scores = {name: _macro(by_set[name]) if by_set[name][0].whole else _micro(by_set[name]) for name in names}
    scores["mean"] = {"f1": round(mean(values["f1"] for values in scores.values()), 4) if scores else 0.0}
    return scores


def f1_of(pages: Sequence[PageScore]) -> dict[str, float]:
    """F1 per set, and their `mean`."""
    return {name: values["f1"] for name, values in scores_of(pages).items()}


def score(path: Path) -> Scored:
    """The scores per set, their `mean`, and `ms_per_page`."""
    pages = cases(path)
    if pages:
        text_of(pages[0][1])  # the libraries load once, outside the clock
    seconds, scored = 0.0, []
    for gold, page in pages:
        started = time.perf_counter()
        text = text_of(page)
        seconds += time.perf_counter() - started
        scored.append(page_score(gold, text))
    scores: dict[str, Any] = dict(scores_of(scored))
    scores["ms_per_page"] = round(1000 * seconds / len(pages), 2) if pages else 0.0
    return Scored(len(pages), scores)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1)) if words[at:])


def _shares(gold: str, text: str) -> tuple[float, float, float]:
    """Right, surplus and missing shingles, as shares of all of them."""
    expected, actual = _shingles(gold), _shingles(text)
    right, surplus, missing = (
        (expected & actual).total(),
        (actual - expected).total(),
        (expected - actual).total(),
    )
    everything = right + surplus + missing or 1
    return right / everything, surplus / everything, missing / everything


def _ratio(right: float, wrong: float) -> float:
    return right / (right + wrong) if right + wrong else 0.0


def _f1(precision: float, recall: float) -> dict[str, float]:
    both = precision + recall
    return {
        "f1": round(2 * precision * recall / both if both else 0.0, 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }


def _macro(pages: Sequence[PageScore]) -> dict[str, float]:
    """Mean precision over pages with text, mean recall over pages with gold."""
    precision = [_ratio(page.right, page.surplus) for page in pages if page.right + page.surplus]
    recall = [_ratio(page.right, page.missing) for page in pages if page.right + page.missing]
    return _f1(mean(precision) if precision else 0.0, mean(recall) if recall else 0.0)


def _micro(pages: Sequence[PageScore]) -> dict[str, float]:
    """Precision and recall over the segments of all pages."""
    right = sum(page.right for page in pages)
    return _f1(_ratio(right, sum(page.surplus for page in pages)), _ratio(right, sum(page.missing for page in pages)))
