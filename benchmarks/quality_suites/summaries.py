"""Summaries against people's: `{SET: {"rouge1","rouge2","rougeL"}}` per set and `all`, mean F1 over the documents.

A row of the data is {id, set, source, title, text, gold, golds?}, its text paragraphs with blank lines between them. It
becomes an article as the product would see it (headings, list items and quotations marked), is summarised with the
product's defaults, and the sentences, a line each, are compared with the gold, or with the best one of several.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.quality_suites.rouge import Score, best
from benchmarks.results import Scored
from digest.model import Article, Block, BlockKind, Summary
from digest.read.summary.summarise import summarise

MEASURES = ("rouge1", "rouge2", "rougeL")

_BULLET = re.compile(r"^\s*(?:[-*•‣▪–]|\(?\d{1,2}[.)])\s+(?=\S)")
_ENDED = re.compile(r"[.!?…:;,][\"'”’)\]]*$")
_HEADING_WORDS = 12


def article_of(text: str, language: str = "en") -> Article:
    """An article from plain paragraphs with blank lines between them.

    What a page marks with tags is told here by form: a line that opens with a bullet or a number is a list item, one
    with ">" a quotation, and a short line that no punctuation ends is a heading where it stands alone or before a line
    that begins like a sentence.
    """
    blocks: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        prose: list[str] = []
        for line, after in zip_longest(lines, lines[1:], fillvalue=""):
            if _BULLET.match(line):
                blocks.extend(_prose(prose))
                prose = []
                blocks.append(Block(BlockKind.LIST_ITEM, _BULLET.sub("", line)))
            elif _headed(line) and after[:1].isupper() and (not prose or _ENDED.search(prose[-1])):
                blocks.extend(_prose(prose))
                prose = []
                blocks.append(Block(BlockKind.HEADING, re.sub(r"\s+", " ", line), 2))
            else:
                prose.append(line)
        blocks.extend(_prose(prose))
    return Article(tuple(blocks), language)


def _prose(lines: list[str]) -> list[Block]:
    text = re.sub(r"\s+", " ", " ".join(lines)).strip()
    if not text:
        return []
    if text.startswith(">"):
        return [Block(BlockKind.QUOTE, text.lstrip("> "))]
    if len(lines) == 1 and _headed(text):
        return [Block(BlockKind.HEADING, text, 2)]
    return [Block(BlockKind.PARAGRAPH, text)]


def _headed(line: str) -> bool:
    return len(line.split()) <= _HEADING_WORDS and not _ENDED.search(line)


def product(row: Mapping[str, Any]) -> Summary:
    """The product's summary of a row, with its default settings."""
    return summarise(article_of(str(row["text"])), title=str(row.get("title") or ""))


def score(path: Path, summary_of: Callable[[Mapping[str, Any]], Summary] = product) -> Scored:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    by_set: defaultdict[str, list[Score]] = defaultdict(list)
    for row in rows:
        summary = "\n".join(sentence.text for sentence in summary_of(row).sentences)
        scored = best(row.get("golds") or [row["gold"]], summary)
        by_set[str(row["set"])].append(scored)
        by_set["all"].append(scored)
    means = {name: [round(fmean(values), 4) for values in zip(*each, strict=True)] for name, each in by_set.items()}
    return Scored(len(rows), {name: dict(zip(MEASURES, mean, strict=True)) for name, mean in means.items()})
