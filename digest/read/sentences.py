"""Sentences: verbatim pieces of a text, with their offsets. NLTK's Punkt with our own parameters."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from digest.model import Article, BlockKind, Sentence

ABBREVIATIONS = [
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "rev",
    "hon",
    "st",
    "jr",
    "sr",
    "gen",
    "col",
    "lt",
    "sgt",
    "capt",
    "cllr",
    "rt",
    "no",
    "nos",
    "vol",
    "pp",
    "p",
    "fig",
    "figs",
    "eq",
    "sec",
    "ch",
    "art",
    "para",
    "paras",
    "ed",
    "eds",
    "et",
    "al",
    "etc",
    "e.g",
    "i.e",
    "eg",
    "ie",
    "cf",
    "vs",
    "v",
    "approx",
    "est",
    "dept",
    "gov",
    "govt",
    "inc",
    "ltd",
    "co",
    "corp",
    "plc",
    "assoc",
    "bros",
    "ave",
    "rd",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "a.m",
    "p.m",
    "u.k",
    "u.s",
    "u.s.a",
    "e.u",
    "u.n",
    "ph.d",
    "m.p",
    "m.sc",
    "b.sc",
    "b.a",
    "m.a",
    "d.c",
    "n.b",
    "viz",
    "ext",
    "tel",
    "min",
    "max",
    "temp",
    "ref",
    "incl",
    "excl",
    "dist",
    "misc",
]


@lru_cache(maxsize=1)
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(ABBREVIATIONS)
    return PunktSentenceTokenizer(parameters)


def split(text: str, language: str = "en") -> tuple[Sentence, ...]:
    """The sentences of one paragraph, in order: `text[s.start:s.end] == s.text`, without white space around them."""
    found = []
    for start, end in _punkt().span_tokenize(text):
        piece = text[start:end]
        if piece.strip():
            start += len(piece) - len(piece.lstrip())
            piece = piece.strip()
            found.append(Sentence(piece, start, start + len(piece)))
    return tuple(found)


def split_article(article: Article) -> tuple[Sentence, ...]:
    """The sentences of an article, with offsets in `article.text`. None crosses a block; headings and code have none."""
    found = []
    offset = 0
    for block in article.blocks:
        if block.kind not in (BlockKind.HEADING, BlockKind.CODE):
            found.extend(
                Sentence(sentence.text, offset + sentence.start, offset + sentence.end)
                for sentence in split(block.text, article.language)
            )
        offset += len(block.text) + 2
    return tuple(found)
