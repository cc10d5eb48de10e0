"""Words and phrases of a post, for the themes: tokens with their surface, a light stemmer, a phrase matcher.

Pure Python on purpose: placing a post takes about a millisecond and loads no library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SPLIT_ENGLISH = re.compile(r"['’](?:s|re|m|ve|ll|d|t)$")
ANY = "_"


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its stem for comparing, and where it stands in the text."""

    stem: str
    start: int
    end: int


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A light English stem of a lower-case word: plural, -ing, -ed, -er endings fold together where that is safe."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "ches", "shes", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and re.search(r"[aeiouy]", word[: -len(ending)]):
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word


def tokens(text: str) -> list[Token]:
    """The words of a text, in order. "we're" gives two: "we" and "re"; GOV.UK gives "gov" and "uk"."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        word, start, end = match[0], match.start(), match.end()
        tail = _SPLIT_ENGLISH.search(word)
        if tail:
            cut = start + tail.start()
            found.append(Token(stem(_fold(word[: tail.start()])), start, cut))
            found.append(Token(_fold(word[tail.start() + 1 :]), cut + 1, end))
        else:
            found.append(Token(stem(_fold(word.replace("’", "'"))), start, end))
    return found


def _fold(word: str) -> str:
    return word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold()


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its number in the book and the tokens it covers, `first <= n < last`."""

    phrase: int
    first: int
    last: int


class Phrasebook:
    """Finds phrases in tokens. Longest first; the words of a phrase found are used up."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for number, phrase in enumerate(phrases):
            stems = parts(phrase)
            if stems:
                self._by_first.setdefault(stems[0], []).append((stems, number))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: (-len(row[0]), row[1]))

    def find(self, words: list[Token]) -> Iterator[Hit]:
        stems = [token.stem for token in words]
        position, size = 0, len(stems)
        while position < size:
            for wanted, number in self._by_first.get(stems[position], ()):
                last = position + len(wanted)
                if last <= size and all(want in (stems[position + n], ANY) for n, want in enumerate(wanted)):
                    yield Hit(number, position, last)
                    position = last
                    break
            else:
                position += 1


def parts(phrase: str) -> tuple[str, ...]:
    """The stems of a phrase; a word `_` stays, and stands for any word."""
    found: list[str] = []
    for word in phrase.split():
        found += [ANY] if word == ANY else [token.stem for token in tokens(word)]
    return tuple(found)
