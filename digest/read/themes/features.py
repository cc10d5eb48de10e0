"""A post as the numbers from which its theme is decided, each with the words of the post that it stands for.

Three zones are told apart, because authors say what a post is about in its title and its opening: title, opening (the
first words of the text) and rest. Two kinds of feature: `lex:CATEGORY:ZONE`, how much of the zone belongs to a category
of the lexicon, and `w:STEM`, the words themselves.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from digest.model import ELSEWHERE
from digest.read.themes.tokens import Hit, Phrasebook, Token, stem, surface, tokens

CLASSES = ("digital-government", "comms", "civic-tech", "recruitment", ELSEWHERE)
WEIGHTS = {"ruling": 6.0, "decisive": 3.0, "strong": 2.0, "leaning": 1.0}
ZONES = ("title", "opening", "rest")
SMOOTHING = {"title": 3.0, "opening": 6.0, "rest": 12.0}
DENSE = frozenset({"vacancy", "career", "study", "labour", "volunteer"})
"""Categories measured against the zone's length; the others against what all categories say in it."""
NEUTRAL = "neutral"
HIRING = frozenset({"vacancy", "career"})
RECRUITS = frozenset({stem("recruit"), stem("recruitment")})
FOR_RESEARCH = frozenset(
    stem(word)
    for word in ("participants", "interviewees", "respondents", "screener", "sessions", "testers", "usability")
)
"""Words that say what somebody is recruited for. "Research" is not among them: researchers are hired, too."""
RECRUITS_WITHIN = 8  # words
PRODUCTS = frozenset(stem(word) for word in ("platform", "service", "software", "system"))
WORDS_A_POINT = 20.0
ZONE_WORTH = {"title": 3.0, "opening": 1.5, "rest": 1.0}
TITLE_WORDS = 60
OPENING_WORDS = 60
REST_WORDS = 400  # more words do not help, and this bounds the work on long posts
CHARACTERS = 10_000


class TextPiece(NamedTuple):
    """One feature's value that one phrase of the post gives, with the phrase as the post writes it."""

    feature: str
    value: float
    surface: str


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


_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S*", re.IGNORECASE)


def build_theme_input(title: str, text: str) -> ThemeInput:
    """The features of a post. `text` is plain; only its first words are read. An address in the title, which is all of
    it where the feed gives none, says nothing of what the post is about."""
    title = _ADDRESS.sub(" ", title)
    words = tuple(tokens(text[:CHARACTERS], OPENING_WORDS + REST_WORDS))
    zones = (
        ("title", title, tuple(tokens(title, TITLE_WORDS))),
        ("opening", text, words[:OPENING_WORDS]),
        ("rest", text, words[OPENING_WORDS:]),
    )
    pieces: list[TextPiece] = []
    for zone, written, part in zones:
        pieces += _lexicon_pieces(zone, written, part)
    pieces += _word_pieces(zones)
    return ThemeInput(tuple(pieces), zones)


def _lexicon_pieces(zone: str, written: str, words: tuple[Token, ...]) -> list[TextPiece]:
    book, worth = _lexicon()
    counts: dict[tuple[int, str], int] = defaultdict(int)
    first: dict[tuple[int, str], str] = {}
    for hit in book.find(written, words):
        category = _meant(worth[hit.phrase][0], written, words, hit)
        if category != NEUTRAL:
            counts[hit.phrase, category] += 1
            if (hit.phrase, category) not in first:
                first[hit.phrase, category] = surface(written, words, hit)
    values = {(phrase, of): worth[phrase][1] * math.sqrt(count) for (phrase, of), count in counts.items()}
    by_category: dict[str, float] = defaultdict(float)
    for (_, category), value in values.items():
        by_category[category] += value
    pieces = []
    for (phrase, category), value in values.items():
        against = len(words) / WORDS_A_POINT + by_category[category] if category in DENSE else sum(values.values())
        pieces.append(TextPiece(f"lex:{category}:{zone}", value / (SMOOTHING[zone] + against), first[phrase, category]))
    return pieces


def _meant(category: str, written: str, words: tuple[Token, ...], hit: Hit) -> str:
    """The category of a phrase where it stands.

    Who recruits for research has no vacancy. A campaigns platform is a service that somebody builds; a social media
    platform is not, for those who write of it.
    """
    if category == "comms" and hit.last < len(words) and words[hit.last].stem in PRODUCTS:
        last, following = words[hit.last - 1], words[hit.last]
        one_thing = written[last.end : following.start] in {" ", "-"} and last.stem != "media"
        return "digital-government" if one_thing else category
    if category not in HIRING or not any(word.stem in RECRUITS for word in words[hit.first : hit.last]):
        return category
    around = words[max(0, hit.first - RECRUITS_WITHIN) : hit.last + RECRUITS_WITHIN]
    return "study" if any(word.stem in FOR_RESEARCH for word in around) else category


def _word_pieces(zones: tuple[tuple[str, str, tuple[Token, ...]], ...]) -> list[TextPiece]:
    counts: dict[str, float] = defaultdict(float)
    first: dict[str, str] = {}
    for zone, written, words in zones:
        worth = ZONE_WORTH[zone]
        for word, start, end in words:
            if len(word) > 1 and not word.isdigit():
                counts[word] += worth
                if word not in first:
                    first[word] = written[start:end]
    return [TextPiece(f"w:{word}", 1 + math.log(count), first[word]) for word, count in counts.items()]
