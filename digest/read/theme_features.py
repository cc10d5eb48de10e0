"""A post as the numbers from which its theme is decided, each with the words of the post that it stands for.

Three zones are told apart, because authors say what a post is about in its title and its opening: title, opening (the
first words of the text) and rest. Two kinds of feature: `lex:CATEGORY:ZONE`, how much of the zone belongs to a category
of the lexicon, and `w:STEM`, the words themselves.
"""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from digest.model import ELSEWHERE
from digest.read.theme_words import Phrasebook, Token, tokens

CLASSES = ("digital-government", "comms", "civic-tech", "recruitment", ELSEWHERE)
WEIGHTS = {"ruling": 6.0, "decisive": 3.0, "strong": 2.0, "leaning": 1.0}
ZONES = ("title", "opening", "rest")
SMOOTHING = {"title": 3.0, "opening": 6.0, "rest": 12.0}
THICK = frozenset({"vacancy", "career", "study", "labour", "volunteer"})
WORDS_A_POINT = 20.0
OPENING_WORDS = 60
REST_WORDS = 1200  # a theme shows by then; bounds the work on a 50,000-word post
REST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One feature's value that one phrase of the post gives, with the phrase as the post writes it."""

    feature: str
    value: float
    surface: str
    zone: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a post: the pieces, and its tokens by zone (with the text that they were cut from)."""

    pieces: tuple[Piece, ...]
    zones: tuple[tuple[str, str, tuple[Token, ...]], ...]  # (zone, text, tokens)

    def values(self) -> dict[str, float]:
        total: dict[str, float] = defaultdict(float)
        for piece in self.pieces:
            total[piece.feature] += piece.value
        return dict(total)


@cache
def _lexicon() -> tuple[Phrasebook, tuple[tuple[str, float], ...]]:
    data = tomllib.loads((files("digest.read") / "data" / "themes_lexicon.toml").read_text("utf-8"))
    phrases: list[str] = []
    worth: list[tuple[str, float]] = []
    for theme, grades in data.items():
        for grade, names in grades.items():
            for name in names:
                phrases.append(name)
                worth.append((theme, WEIGHTS[grade]))
    return Phrasebook(phrases), tuple(worth)


def read(title: str, text: str) -> Reading:
    """The features of a post. `text` is plain; only its first words are read."""
    title_words = tokens(title[:1000])
    text = text[:REST_CHARACTERS]
    words = tokens(text)[: OPENING_WORDS + REST_WORDS]
    zones = (
        ("title", title, tuple(title_words)),
        ("opening", text, tuple(words[:OPENING_WORDS])),
        ("rest", text, tuple(words[OPENING_WORDS:])),
    )
    pieces: list[Piece] = []
    for zone, written, part in zones:
        pieces += _lexicon_pieces(zone, written, list(part))
    pieces += _word_pieces(zones)
    return Reading(tuple(pieces), zones)


def _lexicon_pieces(zone: str, written: str, words: list[Token]) -> list[Piece]:
    book, worth = _lexicon()
    counts: dict[int, int] = defaultdict(int)
    first: dict[int, str] = {}
    for hit in book.find(words):
        counts[hit.phrase] += 1
        first.setdefault(hit.phrase, written[words[hit.first].start : words[hit.last - 1].end])
    raw = {number: worth[number][1] * math.sqrt(count) for number, count in counts.items()}
    raw = {n: v for n, v in raw.items() if worth[n][0] != "neutral"}
    whole = SMOOTHING[zone] + sum(raw.values())
    thick: dict[str, float] = defaultdict(float)
    for n, value in raw.items():
        thick[worth[n][0]] += value
    pieces = []
    for n, value in raw.items():
        kind = worth[n][0]
        size = SMOOTHING[zone] + len(words) / WORDS_A_POINT + thick[kind] if kind in THICK else whole
        pieces.append(Piece(f"lex:{kind}:{zone}", value / size, first[n], zone))
    return pieces


def _word_pieces(zones: tuple[tuple[str, str, tuple[Token, ...]], ...]) -> list[Piece]:
    counts: dict[str, float] = defaultdict(float)
    surfaces: dict[str, tuple[str, str]] = {}
    for zone, written, words in zones:
        for token in words:
            if len(token.stem) < 2 or token.stem.isdigit():
                continue
            counts[token.stem] += {"title": 3.0, "opening": 1.5, "rest": 1.0}[zone]
            surfaces.setdefault(token.stem, (written[token.start : token.end], zone))
    values = {word: 1 + math.log(count) if count >= 1 else count for word, count in counts.items()}
    return [Piece(f"w:{word}", value, *surfaces[word]) for word, value in values.items()]
