"""Sentences: verbatim pieces of a text, with their offsets.

NLTK's Punkt judges what a full stop after an abbreviation means, from what it has learned of English: which words begin
sentences, which are written with capitals anyway. Its parameters are our own data, `data/punkt-en.json`, rebuilt by
`python -m benchmarks.train_sentences`. Around it stand the rules of quotations, brackets, references, ellipses, lists
and initials, of which Punkt knows nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

from digest.model import Article, BlockKind, Sentence

_CLOSERS = "\"”’'»)\\]}*_"
_OPENERS = "\"“‘'«‹(\\[{*_¿¡„"
_CANDIDATE = re.compile(
    rf"(?P<stop>\s\.(?:\s?\.){{2,}}|[.!?…‽]+(?:\s?[.!?…]+)*|[。！？؟۔।]+)"
    rf"(?P<close>(?:\s?[{_CLOSERS}](?=[\s{_CLOSERS}]|$))*[{_CLOSERS}]*)"
    r"(?P<mark>(?:\s?\[\s?\d[\d\s,–-]{0,12}\])*(?:\s[:;]-?[)(DP](?=\s|$))?)"
    r"(?P<space>\s+)(?=\S)"
)
_ENUMERATOR = re.compile(r"[\W_]*(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]+\s*")
_BULLET = re.compile(r"\s(?=[•⁃▪●◦‣]\s?\S)")
_GLUED = re.compile(r"(?<=[a-z]{3}[.!?])(?=[A-Z][a-z]*\s)")
_PARAGRAPH = re.compile(r"\s*\n\s*\n\s*")
_WIDE = re.compile(r"[。！？]+[」』”’）)]*")
_LAST_WORD = re.compile(r"[^\s(\[{“‘\"«/–—]+\Z")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]")
_QUOTATIONS = re.compile(r"“[^“”]{1,400}”|(?<![^\s(\[])\"[^\"]{1,400}\"|(?<![^\s(\[])‘[^‘’]{1,400}[.!?,…]’")


@lru_cache(maxsize=1)
def _parameters() -> dict[str, Any]:
    with resources.files("digest.read").joinpath("data/punkt-en.json").open(encoding="utf-8") as file:
        said: dict[str, Any] = json.load(file)
    return said


@lru_cache(maxsize=1)
def _titles() -> frozenset[str]:
    """Abbreviations that something always follows: "Mr.", "e.g.", "No."."""
    return frozenset(_parameters()["never_last"])


@lru_cache(maxsize=1)
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    said = _parameters()
    parameters = PunktParameters()
    parameters.abbrev_types = set(said["abbreviations"]) | _titles()
    parameters.sent_starters = set(said["sentence_starters"])
    for flags, words in said["orthography"].items():
        parameters.ortho_context.update(dict.fromkeys(words, int(flags)))
    return PunktSentenceTokenizer(parameters)


@lru_cache(maxsize=20_000)
def _ends_here(word: str, following: str) -> bool:
    """Punkt's judgement on a full stop between two words."""
    return bool(_punkt().text_contains_sentbreak(f"{word} {following}"))


def split(text: str, language: str = "en") -> tuple[Sentence, ...]:
    """The sentences of one paragraph, in order: `text[s.start:s.end] == s.text`, without white space around them.

    Every character that is not white space stands in exactly one of them. The abbreviations are English unless
    `language` (a BCP 47 tag) is another; the rules are the same for all.
    """
    english = not language or language.lower().startswith("en")
    borders = sorted(_borders(text, english=english))
    found = []
    start = 0
    for end in [*borders, len(text)]:
        piece = text[start:end]
        if stripped := piece.strip():
            at = start + len(piece) - len(piece.lstrip())
            found.append(Sentence(stripped, at, at + len(stripped)))
        start = end
    return tuple(found)


def _borders(text: str, *, english: bool) -> Iterator[int]:
    """Offsets at which a sentence ends."""
    quotations = [(found.start(), found.end()) for found in _QUOTATIONS.finditer(text)]
    began = 0
    for found in _CANDIDATE.finditer(text):
        end = found.start("space")
        if _is_end(text, found, began, english=english) and not _within(quotations, text, end):
            began = end
            yield end
    for pattern in (_BULLET, _PARAGRAPH):
        yield from (found.start() for found in pattern.finditer(text))
    for found in _WIDE.finditer(text):
        yield found.end()
    for found in _GLUED.finditer(text):
        if re.match(r"[A-Z][a-z]*", text[found.start() :])[0].lower() in _parameters()["sentence_starters"]:  # type: ignore[index]
            yield found.start()


def _within(quotations: list[tuple[int, int]], text: str, end: int) -> bool:
    """Whether the offset lies inside a quotation that the sentence goes on after: "the motto ‘Plan. Do.’ is ours"."""
    for first, last in quotations:
        if first < end < last:
            following = text[last:].lstrip()
            return bool(following) and (following[0].islower() or following[0] in ",;:")
    return False


def _is_end(text: str, found: re.Match[str], began: int, *, english: bool) -> bool:
    stop, close, mark = found["stop"].strip(), found["close"], found["mark"]
    rest = text[found.end() : found.end() + 60]
    bare = rest.lstrip(_OPENERS.replace("\\", "") + "-–—•")
    first = bare[:1]
    if not first or rest[0] in ",;:)]}%&/" or _ENUMERATOR.fullmatch(text, began, found.start("space")):
        return False
    if mark or stop[0] in "。！？؟۔।":
        return True
    if rest[0] in "–—-" and (first.islower() or rest[1:2].isspace()):
        return False
    plain = stop == "."
    if first.islower():
        return plain and not close and _after_word(text, found, bare, english=english)
    if not plain or close.strip():
        return True
    return _after_word(text, found, bare, english=english)


def _after_word(text: str, found: re.Match[str], bare: str, *, english: bool) -> bool:
    """A full stop after a word, before what may begin a sentence."""
    before = _LAST_WORD.search(text, max(0, found.start() - 40), found.start("stop"))
    word = before[0] if before else ""
    lower = word.lower()
    following = re.split(r"[\s,;:]", bare, maxsplit=1)[0]
    if english and lower in _titles():
        return False
    if lower in ("etc", "a.m", "p.m") or (lower in ("am", "pm") and word != "I"):
        return following[:1].isupper()
    if _INITIALS.fullmatch(word):
        return following.lower() in _parameters()["sentence_starters"] and following[:1].isupper()
    return _ends_here(f"{word}.", following or "X")


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
