"""What each module and rule of extraction brings: the scores of the suite `extraction` without it, in one run.

A part is taken out by giving its module something in its place that does nothing. Beside the scores stands on how many
sites pages are read better and worse without the part: what helps on one site only was written for it. trafilatura is
scored in the same run, each of its settings alone; the best of them is what ours has to beat.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.quality_suites import extraction, extraction_nested
from benchmarks.quality_suites.extraction import PageScore
from benchmarks.replaced import Replacements, replaced
from benchmarks.results import Scored
from digest.model import Page
from digest.read.article import blocks, boilerplate, boilerplate_phrases, dom, extract
from digest.read.article.dom import decode_page

_NEVER = re.compile("(?!)")
_RATES = ("better without", "worse without")


def parts() -> dict[str, Replacements]:
    """Each part by name, with what stands in its place."""
    rows: dict[str, Replacements] = {
        "pruning the page": [(extract, "prune", lambda *_: None)],
        "pruning: names of furniture": [(dom, "_FURNITURE", _NEVER)],
        "pruning: names of comments, other posts, notices": [(dom, "_OTHERS", _NEVER)],
        "pruning: asides, captions, footers": [(dom, "_NEVER", dom.NOT_TEXT)],
        "pruning: headings by their ids, code by its classes": [(dom, "_HEADINGS", ()), (dom, "_CODE", ())],
        "second extractor": [(extract, "find_article_element", lambda *_: None)],
        "second extractor: asked first": [(extract, "is_whole_page", lambda *_: False)],
        "second extractor: in place of trafilatura's twin": [(extract, "_SHARED_CORE", 2.0)],
        "second extractor: embedded posts count for neither": [(extract, "_without_embedded", lambda ours, *_: ours)],
        "second extractor: articles in sections": [(extract, "is_in_sections", lambda *_: False)],
        "trafilatura's last resort told by its blocks": [(extract, "_is_lump", lambda *_: False)],
        "the page's own data": [(extract, "_ARTICLE", 10**9)],
        "boilerplate": [(extract, "remove_boilerplate", lambda pieces, **_: [piece.block for piece in pieces])],
        "boilerplate: phrases": [(boilerplate, "is_noise", lambda *_: False)],
        "boilerplate: the title": [(boilerplate, "_repeats_title", lambda *_: False)],
        "boilerplate: headings that end the article": [(boilerplate, "END", _NEVER)],
        "boilerplate: what trails": [(boilerplate, "_trim_end", lambda blocks_left, *_: blocks_left)],
        "boilerplate: cut marks": [(boilerplate, "_trim_marks", lambda text: text)],
        "phrases: bylines": [(boilerplate_phrases, "BYLINE", _NEVER)],
        "phrases: one-word blocks": [(boilerplate_phrases, "TINY", frozenset())],
    }
    for name, table in (("_WHOLE", boilerplate_phrases.WHOLE), ("_ANYWHERE", boilerplate_phrases.ANYWHERE)):
        for phrase in table:
            others = {key: pattern for key, pattern in table.items() if key != phrase}
            rows[f"phrases: {phrase}"] = [(boilerplate_phrases, name, boilerplate_phrases.compiled(others))]
    return rows


def settings() -> dict[str, dict[str, Any]]:
    """trafilatura's settings that change which text it finds; without comments but where they are named."""
    rows: dict[str, dict[str, Any]] = {}
    for fast, focus in product((True, False), ("", "favor_precision", "favor_recall")):
        name = ", ".join(part for part in ("fast" if fast else "", focus) if part)
        rows[name or "default"] = {"fast": fast, "include_comments": False} | ({focus: True} if focus else {})
    rows["include_comments"] = {"fast": False, "include_comments": True}
    rows["fast, without tables"] = {"fast": True, "include_comments": False, "include_tables": False}
    return rows


def score(path: Path) -> Scored:
    """`{NAME: {SET: f1, …, "mean", "better without", "worse without"}}`."""
    cases = extraction.cases(path)
    whole = _page_scores(cases, extraction.text_of)
    scores: dict[str, Any] = {"all of ours": extraction.f1_of(whole)}
    scores["all of ours, nested"] = extraction.f1_of(extraction_nested.page_scores(cases))
    for name, options in settings().items():
        scores[f"trafilatura: {name}"] = extraction.f1_of(_page_scores(cases, _by_trafilatura(options)))
    for name, replacements in parts().items():
        _forget()
        with replaced(replacements):
            without = _page_scores(cases, extraction.text_of)
        _forget()
        scores[f"without {name}"] = extraction.f1_of(without) | _sites(cases, whole, without)
    return Scored(len(cases), scores)


def _page_scores(cases: list[tuple[dict[str, Any], Page]], text_of: Callable[[Page], str]) -> list[PageScore]:
    return [extraction.page_score(gold, text_of(page)) for gold, page in cases]


def _by_trafilatura(options: dict[str, Any]) -> Callable[[Page], str]:
    import trafilatura

    def text_of(page: Page) -> str:
        return trafilatura.extract(decode_page(page), **options) or ""

    return text_of


def _forget() -> None:
    """Nothing is remembered from before."""
    for remembering in (boilerplate_phrases.is_noise, boilerplate.block_key, dom._role_by_name, blocks._clean_cached):
        if hasattr(remembering, "cache_clear"):
            remembering.cache_clear()


def _sites(
    cases: list[tuple[dict[str, Any], Page]], whole: list[PageScore], without: list[PageScore]
) -> dict[str, float]:
    """On how many sites pages are read better and worse without a part."""
    changes: defaultdict[str, float] = defaultdict(float)
    for (gold, page), before, after in zip(cases, whole, without, strict=True):
        changes[extraction_nested.site_of(gold, page)] += round(after.worth - before.worth, 9)
    better, worse = sum(change > 0 for change in changes.values()), sum(change < 0 for change in changes.values())
    return dict(zip(_RATES, (better, worse), strict=True))
