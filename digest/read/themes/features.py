"""A post as the numbers from which its theme is decided, each with the words of the post that it stands for.

Four kinds of feature: `lex:CATEGORY:ZONE`, how much of the title, the opening or the rest speaks a category of the
lexicon; `p:PHRASE`, the lexicon's phrases themselves; `w:STEM` and `w:STEM STEM`, the words, where the title counts
more; `s:STEM`, the words of the source's name.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from digest.model import ELSEWHERE
from digest.read.themes.function_words import FUNCTION_WORDS, QUANTITIES
from digest.read.themes.tokens import Phrasebook, Token, parts, run_on, stem, surface, tokens

CLASSES = ("digital-government", "comms", "civic-tech", "recruitment", ELSEWHERE)
WEIGHTS = {"ruling": 6.0, "decisive": 3.0, "strong": 2.0, "leaning": 1.0}
ZONES = ("title", "opening", "rest")
SMOOTHING = {"title": 3.0, "opening": 6.0, "rest": 12.0}
PHRASE_WORTH = {"title": 1.0, "opening": 0.5, "rest": 0.25}
NEUTRAL = "neutral"
CLASS_OF = {"vacancy": "recruitment", "career": "recruitment"}  # others are named as a class, or speak for none
TITLE_WORTH = 3.0
TITLE_WORDS = 60
OPENING_WORDS = 60
REST_WORDS = 240  # more words do not help, and this bounds the work on long posts
CHARACTERS = 10_000
_EMPTY = frozenset(stem(word) for word in FUNCTION_WORDS) | FUNCTION_WORDS
_QUANTITIES = frozenset(stem(word) for word in QUANTITIES)


class TextPiece(NamedTuple):
    """One feature's value that one phrase of the post gives, with the phrase as the post writes it."""

    feature: str
    value: float
    surface: str  # "" where it is no reason to show


@dataclass(frozen=True, slots=True)
class ThemeInput:
    """What was read of a post: the pieces, and its tokens by zone (with the text that they were cut from)."""

    pieces: tuple[TextPiece, ...]
    zones: tuple[tuple[str, str, tuple[Token, ...]], ...]  # (zone, text, tokens)

    def values(self) -> dict[str, float]:
        total: dict[str, float] = defaultdict(float)
        for piece in self.pieces:
            total[piece.feature] += piece.value
        return dict(total)


class _Entry(NamedTuple):
    """What a phrase of the lexicon speaks for, how much, and whether an editor would take it as a reason."""

    name: str
    category: str
    worth: float
    as_reason: bool


@cache
def _lexicon() -> tuple[Phrasebook, tuple[_Entry, ...]]:
    data = tomllib.loads((files("digest.read") / "data" / "themes_lexicon.toml").read_text("utf-8"))
    phrases: list[str] = []
    entries: list[_Entry] = []
    for category, grades in data.items():
        for grade, names in grades.items():
            for name in names:
                phrases.append(name)
                as_reason = any(_means_something(part.lstrip("=_")) for part in parts(name))
                entries.append(_Entry(name, category, WEIGHTS[grade], as_reason))
    return Phrasebook(phrases), tuple(entries)


def categories() -> tuple[str, ...]:
    """The lexicon's categories that are features."""
    return tuple(dict.fromkeys(entry.category for entry in _lexicon()[1] if entry.category != NEUTRAL))


@cache
def speaks_for(feature: str) -> frozenset[str]:
    """The class for which a feature of the lexicon is a reason, by its category."""
    kind, _, name = feature.partition(":")
    category = name.rpartition(":")[0] if kind == "lex" else _category_of_phrases()[name]
    return frozenset((CLASS_OF.get(category, category),))


@cache
def _category_of_phrases() -> dict[str, str]:
    return {entry.name: entry.category for entry in _lexicon()[1]}


_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S*", re.IGNORECASE)


def build_theme_input(title: str, text: str, source: str = "") -> ThemeInput:
    """The features of a post. `text` is plain; only its first words are read; `source` is the source's name. An address
    in the title, which is all of it where the feed gives none, says nothing of what the post is about."""
    title = _ADDRESS.sub(" ", title)
    words = tuple(tokens(text[:CHARACTERS], OPENING_WORDS + REST_WORDS))
    heading = tuple(tokens(title, TITLE_WORDS))
    zones = (
        ("title", title, heading),
        ("opening", text, words[:OPENING_WORDS]),
        ("rest", text, words[OPENING_WORDS:]),
    )
    pieces: list[TextPiece] = []
    for zone, written, part in zones:
        pieces += _lexicon_pieces(zone, written, part)
    pieces += _word_pieces((title, heading, TITLE_WORTH), (text, words, 1.0))
    names = {token.stem for token in tokens(source, TITLE_WORDS) if _means_something(token.stem)}
    pieces += [TextPiece(f"s:{name}", 1.0, "") for name in sorted(names)]
    return ThemeInput(tuple(pieces), zones)


def _lexicon_pieces(zone: str, written: str, words: tuple[Token, ...]) -> list[TextPiece]:
    """Each phrase's part of all that the lexicon knows in the zone."""
    book, entries = _lexicon()
    counts: dict[int, int] = defaultdict(int)
    first: dict[int, str] = {}
    for hit in book.find(written, words):
        if entries[hit.phrase].category != NEUTRAL:
            counts[hit.phrase] += 1
            if hit.phrase not in first:
                first[hit.phrase] = surface(written, words, hit) if entries[hit.phrase].as_reason else ""
    values = {phrase: entries[phrase].worth * math.sqrt(count) for phrase, count in counts.items()}
    whole = SMOOTHING[zone] + sum(values.values())
    pieces = []
    for phrase, value in values.items():
        entry = entries[phrase]
        pieces.append(TextPiece(f"lex:{entry.category}:{zone}", value / whole, first[phrase]))
        pieces.append(
            TextPiece(f"p:{entry.name}", PHRASE_WORTH[zone] * entry.worth / WEIGHTS["decisive"], first[phrase])
        )
    return pieces


def _word_pieces(*texts: tuple[str, tuple[Token, ...], float]) -> list[TextPiece]:
    """Words, and pairs of words that stand together but for function words."""
    counts: dict[str, float] = defaultdict(float)
    first: dict[str, str] = {}
    for written, words, worth in texts:
        before: Token | None = None
        for word in words:
            if not _means_something(word.stem):
                continue
            name = f"w:{word.stem}"
            counts[name] += worth
            if name not in first:
                first[name] = "" if _is_quantity(word.stem) else written[word.start : word.end]
            if before is not None and run_on(written, before, word):
                name = f"w:{before.stem} {word.stem}"
                counts[name] += worth
                if name not in first:
                    first[name] = " ".join(written[before.start : word.end].split())
            before = word
    return [TextPiece(name, 1 + math.log(count), first[name]) for name, count in counts.items()]


@lru_cache(maxsize=20_000)
def _means_something(word: str) -> bool:
    return len(word) > 1 and word not in _EMPTY and not word.isdigit()


def _is_quantity(word: str) -> bool:
    return word in _QUANTITIES or word[0].isdigit()
