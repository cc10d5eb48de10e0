"""Extraction with the thresholds that prefer one extractor to the other chosen without the pages that are scored.

In each of ten folds by site, the pages of the other folds choose among all combinations of thresholds; the fold's own
pages are scored with that choice.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from benchmarks.quality_suites import extraction
from benchmarks.quality_suites.extraction import PageScore
from benchmarks.replaced import replaced
from digest.model import Block, Page
from digest.read.article import extract

FOLDS = 10
NAMES = ("_SHARED_CORE", "_NOTHING_ELSE", "_STRAYS")
GRID = tuple(product((0.6, 0.7, 0.8, 0.9), (0.95, 0.98, 1.0), (0, 1, 3, 9)))
Case = tuple[dict[str, Any], Page]


def page_scores(cases: list[Case]) -> list[PageScore]:
    """The score of each page with the thresholds that other sites chose."""
    by_choice = [_by_thresholds(gold, page) for gold, page in cases]
    folds = [zlib.crc32(site_of(gold, page).encode()) % FOLDS for gold, page in cases]
    best = {
        fold: _best([scores for scores, own in zip(by_choice, folds, strict=True) if own != fold])
        for fold in set(folds)
    }
    return [scores[best[fold]] for scores, fold in zip(by_choice, folds, strict=True)]


def site_of(gold: dict[str, Any], page: Page) -> str:
    """The site that a page belongs to; the page itself where its gold names no address."""
    return ".".join((urlsplit(page.url).hostname or str(gold["id"])).split(".")[-3:])


def _best(others: list[list[PageScore]]) -> int:
    """The place in the grid of the thresholds with the highest mean of the sets."""
    means = [extraction.f1_of([scores[at] for scores in others])["mean"] for at in range(len(GRID))]
    return means.index(max(means))


def _by_thresholds(gold: dict[str, Any], page: Page) -> list[PageScore]:
    """The page's score with each of the thresholds; extracted once, then only chosen anew."""
    calls: list[tuple[Any, ...]] = []
    own = extract._choose

    def remember(*extractions: Any) -> tuple[list[Block], str]:
        calls.append(extractions)
        return own(*extractions)

    with replaced([(extract, "_choose", remember)]):
        text = extraction.text_of(page)
    known: dict[str, PageScore] = {}
    texts = list(_choices(calls[0])) if calls else [text] * len(GRID)
    for one in texts:
        if one not in known:
            known[one] = extraction.page_score(gold, one)
    return [known[one] for one in texts]


def _choices(extractions: tuple[Any, ...]) -> Iterator[str]:
    for values in GRID:
        with replaced([(extract, name, value) for name, value in zip(NAMES, values, strict=True)]):
            yield "\n\n".join(block.text for block in extract._choose(*extractions)[0])
