"""What the editor's earlier moves teach: posts like these, and posts of this source, belong there.

Each move counts by what it corrected: the editor's theme gains, themes that were wrongly thought likely lose (one step
of logistic regression, seen through the likeness of posts). It is a sum over moves, so it is deterministic and explains
itself.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.model import Evidence
from digest.read.theme_features import Reading

LIKE_ADDS = 4.0
LIKE_FROM = 0.12  # cosine below which two posts have nothing in common but English
SOURCE_ADDS = 1.0
SOURCE_FROM = 1.0  # moves that a source's history is held to be worth before the first


@dataclass(frozen=True, slots=True)
class _Move:
    title: str
    theme: str
    words: Mapping[str, float]
    correction: Mapping[str, float]  # by theme; the editor's theme above zero, the others below


class Memory:
    """The moves, with the words they are compared by."""

    def __init__(self, rarity: Mapping[str, float]) -> None:
        """`rarity` of words by feature; a word that is not in it is as rare as any."""
        self._rarity = rarity
        self._rarest = max(rarity.values(), default=1.0)
        self._moves: list[_Move] = []
        self._sources: dict[str, Counter[str]] = defaultdict(Counter)

    def learn(self, row: Evidence, reading: Reading, missed: Mapping[str, float]) -> None:
        """`missed`: each theme's share before the move, without anything learnt."""
        correction = {key: (key == row.theme) - share for key, share in missed.items()}
        self._moves.append(_Move(row.title, row.theme, self._words(reading), correction))
        self._sources[row.source][row.theme] += 1

    def source_adds(self, name: str) -> Iterator[tuple[str, int, float]]:
        """(theme, moves, what they add) for a source that the editor moved posts of."""
        moves = self._sources.get(name)
        if moves:
            whole = sum(moves.values())
            for theme, count in sorted(moves.items()):
                yield theme, count, SOURCE_ADDS * math.log1p(count / SOURCE_FROM) * count / whole

    def like(self, reading: Reading) -> Iterator[tuple[str, str, dict[str, float]]]:
        """(title, theme, what it adds by theme) for each earlier move that the post is like."""
        if not self._moves:
            return
        words = self._words(reading)
        for move in self._moves:
            likeness = sum(value * move.words[word] for word, value in words.items() if word in move.words)
            if likeness >= LIKE_FROM:
                yield move.title, move.theme, {k: LIKE_ADDS * likeness * v for k, v in move.correction.items()}

    def _words(self, reading: Reading) -> dict[str, float]:
        values = {
            piece.feature: piece.value * self._rarity.get(piece.feature, self._rarest)
            for piece in reading.pieces
            if piece.feature.startswith("w:")
        }
        length = math.sqrt(sum(value * value for value in values.values())) or 1.0
        return {word: value / length for word, value in values.items()}
