"""What the editor's earlier moves teach: posts like these, and posts of this source, belong there.

Each move counts by what it corrected: the editor's theme gains, themes that were wrongly thought likely lose (one step
of logistic regression, seen through the likeness of posts). It is a sum over moves, so it is deterministic and explains
itself.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from digest.model import Evidence
from digest.read.themes.features import ThemeInput

SIMILARITY_ADDS = 4.0
SIMILARITY_FROM = (
    0.25  # cosine; below it (0.06, 0.12 were tried) posts that share little but English mislead each other
)
SOURCE_ADDS = 1.5
SHOWN_WORDS = 5

Weights = Sequence[tuple[str, float]]
"""The words of a post, each once, with their weights."""
SourceMoves = tuple[str, int, float]
"""Of a source: a theme, how many moves to it, and what they add."""


class MovedPost(NamedTuple):
    """What a moved post's words are."""

    weights: Weights
    words: tuple[str, ...]  # the weightiest, as the post writes them


@dataclass(frozen=True, slots=True)
class _Move:
    title: str
    theme: str
    correction: Mapping[str, float]  # by theme; the editor's theme above zero, the others below
    words: tuple[str, ...]  # the weightiest of the post, as it writes them


@dataclass(frozen=True, slots=True)
class SimilarMove:
    """An earlier move that a post is like: the moved post's title, its new theme, and what that adds by theme."""

    title: str
    theme: str
    adds: Mapping[str, float]


class EditorMoves:
    """The moves, with the words they are compared by."""

    def __init__(self, words: Mapping[str, Sequence[float]]) -> None:
        """`words`: the model's rows by feature, the word's rarity first; an unknown word is as rare as any."""
        self._known = words
        self._rarest = max((row[0] for row in words.values()), default=1.0)
        self._moves: list[_Move] = []
        self._words: dict[str, list[tuple[int, float]]] = defaultdict(list)  # word: (move, weight)
        self._sources: dict[str, Counter[str]] = defaultdict(Counter)

    def learn(self, row: Evidence, moved: MovedPost, shares: Mapping[str, float]) -> None:
        """`shares`: each theme's share before the move, without anything learnt."""
        for word, weight in moved.weights:
            self._words[word].append((len(self._moves), weight))
        correction = {key: (key == row.theme) - share for key, share in shares.items()}
        self._moves.append(_Move(row.title, row.theme, correction, moved.words))
        self._sources[row.source][row.theme] += 1

    def source_adds(self, name: str) -> Iterator[SourceMoves]:
        """The moves of a source's posts, by theme."""
        moves = self._sources.get(name, Counter())
        for theme, count in sorted(moves.items()):
            yield theme, count, SOURCE_ADDS * math.log1p(count) * count / moves.total()

    def lessons(self) -> list[tuple[tuple[str, ...], str]]:
        """Of each move: the words that count most in likeness to it, and the theme that it takes most from."""
        return [
            (move.words, min((key for key in move.correction if key != move.theme), key=move.correction.__getitem__))
            for move in self._moves
        ]

    def similar_moves(self, weights: Weights) -> Iterator[SimilarMove]:
        """The earlier moves that the post is like, in the order in which they were made."""
        cosines: dict[int, float] = defaultdict(float)
        for word, weight in weights:
            for number, other in self._words.get(word, ()):
                cosines[number] += weight * other
        for number, cosine in sorted(cosines.items()):
            if cosine >= SIMILARITY_FROM:
                move = self._moves[number]
                adds = {key: SIMILARITY_ADDS * cosine * value for key, value in move.correction.items()}
                yield SimilarMove(move.title, move.theme, adds)

    def __bool__(self) -> bool:
        return bool(self._moves)

    def moved_post(self, theme_input: ThemeInput) -> MovedPost:
        """What the words of a post say, if it is moved."""
        weights = self.weights_of(theme_input)
        written = {piece.feature: piece.surface for piece in theme_input.pieces}
        strongest = sorted((row for row in weights if written[row[0]]), key=lambda row: (-row[1], row[0]))[:SHOWN_WORDS]
        return MovedPost(weights, tuple(written[word] for word, _ in strongest))

    def weights_of(self, theme_input: ThemeInput) -> Weights:
        """The post's words as a vector of length 1."""
        values = {
            piece.feature: piece.value * (known[0] if (known := self._known.get(piece.feature)) else self._rarest)
            for piece in theme_input.pieces
            if piece.feature.startswith("w:") and " " not in piece.feature
        }
        length = math.sqrt(sum(value * value for value in values.values())) or 1.0
        return tuple((word, value / length) for word, value in values.items())
