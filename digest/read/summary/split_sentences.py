"""Sentences: verbatim pieces of a text, with their offsets.

NLTK's Punkt judges what a full stop after an abbreviation means, from what it has learned of English: which words begin
sentences, which are written with capitals anyway. Its parameters are our own data, `data/punkt-en.json`, rebuilt by
`python -m benchmarks.train_sentences`. Around it stand the rules of quotations, brackets, references, ellipses, lists
and initials, of which Punkt knows nothing.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

from digest.model import Article, BlockKind, Sentence

_CLOSERS = "\"”’'»)\\]}*_"
_OPENERS = "\"“‘'«‹(\\[{*_¿¡„"
# Possessive and anchored at the beginning of a run: a page may hold fifty thousand dots. Each pattern that is searched
# for begins with the characters it looks for, so that the search skips what cannot match.
_CANDIDATE = re.compile(
    r"(?P<stop>[.!?…‽。！？؟۔।](?<![.!?…‽].)(?<![.!?…‽]\s.)(?:(?<=[.!?…‽])(?:\s?[.!?…‽])*+|(?<![.!?…‽])[。！？؟۔।]*+))"
    rf"(?P<close>(?:\s?[{_CLOSERS}](?=[\s{_CLOSERS}]|$))*+[{_CLOSERS}]*+)"
    r"(?P<mark>(?:\s?\[\s?\d[\d\s,–-]{0,12}\])*+(?:\s[:;]-?[)(DP](?=\s|$))?+)"
    r"(?P<space>\s+)(?=\S)"
)
_ENUMERATOR = re.compile(r"[\W_]*(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]+\s*")
_BULLET = re.compile(r"\s(?=[•⁃▪●◦‣]\s?\S)")
_GLUED = re.compile(r"[.!?](?<=[a-z]{3}.)(?=([A-Z][a-z]*)\s)")
_CAPTION = re.compile(r"\A(?:Figure|Fig\.|Table|Box|Chart) \d+(?:\.\d+)*(?=\s[A-Z])")
_MARKS_ONLY = re.compile(r"(?:\[[\d\s,–-]{1,14}\]\s*|\[\s?(?:\.{3}|…)\s?\]\s*)+\Z")
_CREDIT = re.compile(r"\((?:(?:photo|image|picture|map) )?(?:credit|source)\b", re.IGNORECASE)
_STAMP = re.compile(r"\d\d?/\d\d?/\d{4} \d\d?:\d\d [AP]M(?=\s[A-Z])")
_DATELINE = re.compile(
    r"\s(?<=\w.)(?=(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+ \d{1,2}, \d{4}\s*\Z)", re.DOTALL
)
_WIRE = re.compile(r"\A[A-Z][A-Z.]+(?:[ ,]+[A-Z][\w.]+){0,5}(?: \([A-Z]\w+\))? [-–—]{1,2}(?=\s[A-Z])")
_RULE = re.compile(r"[-=*_~](?<!\S.)[-=*_~]{4,}(?=\s|\Z)")
_ADDRESSES = re.compile(r"(?<!\S)https?://\S++(?=\s+https?://)")
_FIRST_ITEM = re.compile(r"\W*(?P<count>1|a|A|i)(?P<mark>[.)]+)\s")
_NEXT_WORD = re.compile(r"[^\s,;:]+")
_BEFORE_WORDS = _OPENERS.replace("\\", "") + "-–—• "
_PARAGRAPH = re.compile(r"\n\s*\n")
_WIDE = re.compile(r"[。！？]+[」』”’）)]*")
_LAST_WORD = re.compile(r"[^\s(\[{“‘\"«/–—]+\Z")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]")
_QUOTE = re.compile('[“"‘]')
_QUOTATIONS = re.compile(r"“[^“”]{1,400}”|(?<![^\s(\[])\"[^\"]{1,400}\"|(?<![^\s(\[])‘[^‘’]{1,400}[.!?,…]’")


@lru_cache(maxsize=1)
def _parameters() -> dict[str, Any]:
    with resources.files("digest.read").joinpath("data/punkt-en.json").open(encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    return data


@lru_cache(maxsize=8)
def _words(name: str) -> frozenset[str]:
    """A list of words of the parameters: "never_last", "before_numbers", "capital", "sentence_starters"."""
    return frozenset(_parameters()[name])


@lru_cache(maxsize=1)
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    data = _parameters()
    parameters = PunktParameters()
    parameters.abbrev_types = {*data["may_be_last"], *data["capital"]}
    parameters.sent_starters = set(data["sentence_starters"])
    for flags, words in data["orthography"].items():
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
    return tuple(Sentence(text[start:end], start, end) for start, end in _spans(text, language))


def _spans(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Where each sentence starts and ends."""
    english = not language or language.lower().startswith("en")
    start = 0
    for end in [*sorted(_borders(text, english=english)), len(text)]:
        piece = text[start:end]
        if stripped := piece.strip():
            at = start + len(piece) - len(piece.lstrip())
            yield at, at + len(stripped)
        start = end


def _borders(text: str, *, english: bool) -> Iterator[int]:
    """Offsets at which a sentence ends."""
    quotations = [(match.start(), match.end()) for match in _QUOTATIONS.finditer(text)] if _QUOTE.search(text) else []
    items = list(_items(text))
    yield from items
    began = 0
    for match in _CANDIDATE.finditer(text):
        end = match.start("space")
        while items and items[0] <= match.start():
            began = items.pop(0)
        if _is_end(text, match, began, english=english) and not _within(quotations, text, end):
            began = end
            yield end
    for match in _RULE.finditer(text):
        yield from match.span()
    yield from (match.start() for pattern in _before(text) for match in pattern.finditer(text))
    yield from (match.end() for pattern in _after(text) for match in pattern.finditer(text))
    if dateline := _DATELINE.search(text, max(0, len(text) - 40)):
        yield dateline.start()
    for match in _GLUED.finditer(text):
        if match[1].lower() in _words("sentence_starters"):
            yield match.end()


def _before(text: str) -> Iterator[re.Pattern[str]]:
    """What a sentence may end before. Looking for a sign of each first is many times faster than looking for all."""
    if "\n" in text:
        yield _PARAGRAPH
    if not text.isascii():
        yield _BULLET


def _after(text: str) -> Iterator[re.Pattern[str]]:
    """What a sentence may end after."""
    yield _CAPTION
    yield _WIRE
    if not text.isascii():
        yield _WIDE
    if "/" in text:
        yield _STAMP
        yield _ADDRESSES


def _items(text: str) -> Iterator[int]:
    """Where the second and later items of a list that runs on in the paragraph begin: "1. Ask. 2. Listen." """
    first = _FIRST_ITEM.match(text)
    if first is None:
        return
    counts = {"1": [str(number) for number in range(2, 30)], "i": ["ii", "iii", "iv", "v", "vi"]}
    letters = "bcdefghij"
    at = first.end()
    for count in counts.get(first["count"], list(letters if first["count"] == "a" else letters.upper())):
        at = text.find(f" {count}{first['mark']} ", at)
        if at < 0:
            return
        yield at


def _within(quotations: list[tuple[int, int]], text: str, end: int) -> bool:
    """Whether the offset lies in a quotation that the sentence goes on after: "our motto ‘Plan. Do.’ stands"."""
    at = bisect_left(quotations, (end,)) - 1
    if at < 0 or end >= quotations[at][1]:
        return False
    last = quotations[at][1]
    following = text[last : last + 20].lstrip()[:1]
    return following.islower() or following in (",", ";", ":")


def _is_end(text: str, match: re.Match[str], began: int, *, english: bool) -> bool:
    stop, close, mark = match["stop"].strip(), match["close"].strip(), match["mark"]
    rest = text[match.end() : match.end() + 60]
    bare = rest.lstrip(_BEFORE_WORDS)
    first = bare[:1]
    if not first or rest[0] in ",;:)]}%&/" or _MARKS_ONLY.match(text, match.end()):
        return False
    if _ENUMERATOR.fullmatch(text, began, match.start("space")):
        return False
    if mark or stop[0] in "。！？؟۔।":
        return True
    if _CREDIT.match(rest):
        return True
    if first.islower() or (rest[0] in "–—-" and not close and rest[1:2].isspace()):
        return False
    if rest[0] == "(" and rest[1:2].isdigit():
        return False
    if stop == "." and not close:
        return _after_word(text, match, bare, english=english)
    return True


def _after_word(text: str, match: re.Match[str], bare: str, *, english: bool) -> bool:
    """A full stop after a word, before what may begin a sentence."""
    before = _LAST_WORD.search(text, max(0, match.start() - 40), match.start("stop"))
    word = before[0] if before else ""
    lower = word.lower()
    following = _NEXT_WORD.match(bare)
    after = following[0] if following else "X"
    if not english:  # other languages write ordinals as "3."
        return not (_INITIALS.fullmatch(word) or (word.isdigit() and len(word) <= 2))
    if lower in _words("never_last") and not (word.isupper() and len(word) > 1 and "." not in word):
        return False
    if lower in _words("before_numbers"):
        return after[0] not in "0123456789£€$#§~"
    if lower in ("etc", "a.m", "p.m"):
        return after[0].isupper()
    if lower in _words("capital") and not word[:1].isupper():
        return True
    if _INITIALS.fullmatch(word):
        return after.lower() in _words("sentence_starters")
    return _ends_here(f"{word}.", after)


def split_article(article: Article) -> tuple[Sentence, ...]:
    """The sentences of an article, with offsets in `article.text`. None crosses blocks; headings and code have none."""
    sentences: list[Sentence] = []
    offset = 0
    for block in article.blocks:
        if block.kind not in (BlockKind.HEADING, BlockKind.CODE):
            sentences.extend(
                Sentence(block.text[start:end], offset + start, offset + end)
                for start, end in _spans(block.text, article.language)
            )
        offset += len(block.text) + 2
    return tuple(sentences)
