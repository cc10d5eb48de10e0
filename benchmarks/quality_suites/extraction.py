"""Extraction from pages against gold: 4-word shingles for whole texts, segments that must and must not be there."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
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


def score(path: Path) -> Scored:
    """`{SET: {"f1","precision","recall"}}` per set, the `mean` of their F1, and `ms_per_page`."""
    pages = cases(path)
    if pages:
        text_of(pages[0][1])  # the libraries load once, outside the clock
    shares: dict[str, list[tuple[float, float, float]]] = {}
    segments: dict[str, Counter[str]] = {}
    seconds = 0.0
    for gold, page in pages:
        started = time.perf_counter()
        text = text_of(page)
        seconds += time.perf_counter() - started
        if gold["kind"] == "fulltext":
            shares.setdefault(gold["set"], []).append(_shares(gold["text"], text))
        else:
            _count_segments(segments.setdefault(gold["set"], Counter()), gold, text)
    scores: dict[str, Any] = {name: _macro(values) for name, values in shares.items()}
    for name, counts in segments.items():
        scores[name] = _f1(_ratio(counts["tp"], counts["fp"]), _ratio(counts["tp"], counts["fn"]))
    scores["mean"] = {"f1": round(mean(values["f1"] for values in scores.values()), 4)} if scores else {"f1": 0.0}
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


def _macro(values: list[tuple[float, float, float]]) -> dict[str, float]:
    """Mean precision over pages with text, mean recall over pages with gold."""
    precision = [1.0 if fp == fn == 0 else _ratio(tp, fp) for tp, fp, fn in values if tp + fp > 0]
    recall = [1.0 if fp == fn == 0 else _ratio(tp, fn) for tp, fp, fn in values if tp + fn > 0]
    return _f1(mean(precision) if precision else 0.0, mean(recall) if recall else 0.0)


def _count_segments(counts: Counter[str], gold: dict[str, Any], text: str) -> None:
    flat = " ".join(text.split())
    for segment in gold["with"]:
        counts["tp" if " ".join(segment.split()) in flat else "fn"] += 1
    for segment in gold["without"]:
        counts["fp" if " ".join(segment.split()) in flat else "tn"] += 1
