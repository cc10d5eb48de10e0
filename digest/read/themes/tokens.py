"""Words and phrases of a post, for the themes: tokens with their place, a light stemmer, a phrase matcher.

Pure Python on purpose: placing a post takes a few milliseconds and loads no library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CONTRACTION = re.compile(r"['’](?:s|re|m|ve|ll|d|t)$", re.IGNORECASE)
_BREAK = re.compile(r"[.,;:!?)\]…]\s|\n|\s[(\[–—-]+\s?")  # a phrase does not run on over these
_SHORT = re.compile(r"[^aeiou][aeiouy][^aeiouwxy]")
ANY = "_"
AS_WRITTEN = "="


class Token(NamedTuple):
    """One word: its stem for comparing, and where it stands in the text."""

    stem: str
    start: int
    end: int


class Hit(NamedTuple):
    """A phrase found: its number in the book and the tokens it covers, `first <= n < last`."""

    phrase: int
    first: int
    last: int


def stem(word: str) -> str:
    """A light English stem of a lower-case word: plural, -ing and -ed endings fold together where that is safe."""
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
                word = word[:-1]  # running: run
            elif _SHORT.fullmatch(word):
                word += "e"  # hiring: hire
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word


def tokens(text: str, limit: int | None = None) -> list[Token]:
    """The first `limit` words of a text, in order. "we're" is two, "we" and "re"; GOV.UK is "gov" and "uk"."""
    result: list[Token] = []
    for match in _WORD.finditer(text):
        start = match.start()
        for part, begin, end in _split(match[0]):
            result.append(Token(part, start + begin, start + end))
        if limit is not None and len(result) >= limit:
            return result[:limit]
    return result


@lru_cache(maxsize=20_000)
def _split(word: str) -> tuple[tuple[str, int, int], ...]:
    """(stem, start, end) of a word and of a contraction at its end."""
    tail = _CONTRACTION.search(word)
    if tail is None:
        return ((stem(_fold(word)), 0, len(word)),)
    cut = tail.start()
    return (stem(_fold(word[:cut])), 0, cut), (_fold(word[cut + 1 :]), cut + 1, len(word))


def _fold(word: str) -> str:
    return word.lower() if word.isascii() else unicodedata.normalize("NFKC", word.replace("’", "'")).casefold()


def parts(phrase: str) -> tuple[str, ...]:
    """The stems of a phrase; a word `_` stays, and stands for any word; `=likes` stands for that form alone."""
    stems: list[str] = []
    for word in phrase.split():
        if word == ANY:
            stems.append(ANY)
        elif word.startswith(AS_WRITTEN) and len(word) > 1:
            stems.append(AS_WRITTEN + _fold(word[1:]))
        else:
            stems += [token.stem for token in tokens(word)]
    return tuple(stems)


def surface(text: str, words: Sequence[Token], hit: Hit) -> str:
    """The phrase as the text writes it, on one line."""
    return " ".join(text[words[hit.first].start : words[hit.last - 1].end].split())


class Phrasebook:
    """Finds phrases in tokens. The longest wins; the words of a phrase found are used up."""

    def __init__(self, phrases: Iterable[str]) -> None:
        by_first: dict[str, list[_Phrase]] = {}
        for number, phrase in enumerate(phrases):
            stems = parts(phrase)
            if stems:
                first = stem(stems[0].removeprefix(AS_WRITTEN))
                by_first.setdefault(first, []).append((stems, number))
        self._by_first = {first: _by_second(rows) for first, rows in by_first.items()}

    def find(self, text: str, words: Sequence[Token]) -> Iterator[Hit]:
        """The phrases in `words`, the tokens of a stretch of `text`, in order and without overlap."""
        position, size = 0, len(words)
        while position < size:
            known = self._by_first.get(words[position].stem)
            if known is None:
                position += 1
                continue
            others, by_second = known
            rows = by_second.get(words[position + 1].stem, others) if position + 1 < size else others
            for stems, number in rows:
                last = position + len(stems)
                if last <= size and _matches(text, words, position, stems):
                    yield Hit(number, position, last)
                    position = last
                    break
            else:
                position += 1


_Phrase = tuple[tuple[str, ...], int]


def _by_second(rows: Iterable[_Phrase]) -> tuple[list[_Phrase], dict[str, list[_Phrase]]]:
    """Phrases of one first word, in the order in which they are tried: those that may go on in any way, and with these
    among them, those that go on with each word."""
    ordered = sorted(rows, key=lambda row: (-len(row[0]), not row[0][0].startswith(AS_WRITTEN), row[1]))
    seconds = [stems[1] if len(stems) > 1 else ANY for stems, _ in ordered]
    loose = [second == ANY or second.startswith(AS_WRITTEN) for second in seconds]

    def going_on(word: str) -> list[_Phrase]:
        return [
            row for row, second, is_loose in zip(ordered, seconds, loose, strict=True) if is_loose or second == word
        ]

    return going_on(ANY), {second: going_on(second) for second in set(seconds)}


def _matches(text: str, words: Sequence[Token], position: int, stems: tuple[str, ...]) -> bool:
    for n, stem_wanted in enumerate(stems):
        word = words[position + n]
        if stem_wanted in (word.stem, ANY):
            continue
        if stem_wanted[0] != AS_WRITTEN or stem_wanted[1:] != _fold(text[word.start : word.end]):
            return False
    if len(stems) == 1:
        return True
    return run_on(text, words[position], words[position + len(stems) - 1])


def run_on(text: str, one: Token, other: Token) -> bool:
    """Whether nothing between the two tokens ends a sentence or a clause."""
    return not _BREAK.search(text, one.end, other.start)
