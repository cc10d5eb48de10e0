"""Place the same posts again and again, as after each change that an editor makes.

A placement depends on the post and on the few of the editor's moves that bear on it. It is remembered by these; so is
what a move teaches. A new move costs a new placement of the posts that are like the moved one, or of its source.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from digest.memory import Memory
from digest.model import Evidence, Placement, Source, Theme
from digest.read.themes import linear_model
from digest.read.themes.editor_moves import EditorMoves, MovedPost, Weights
from digest.read.themes.place_post import Placer
from digest.read.themes.source_leaning import Leaning


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What a post's words say to the editor's moves, in a tenth of the room that its features take."""

    words: tuple[str, ...]
    numbers: array[float]
    shares: Mapping[str, float]
    heaviest: tuple[str, ...]

    @property
    def weights(self) -> Weights:
        return list(zip(self.words, self.numbers, strict=True))


_POSTS = 2_500
_LESSONS: Memory[Hashable, _Lesson] = Memory(_POSTS)
_PLACEMENTS: Memory[Hashable, Placement] = Memory(2 * _POSTS)


class RememberingPlacer:
    """Places as `Placer` does."""

    def __init__(self, themes: tuple[Theme, ...], evidence: Iterable[Evidence] = ()) -> None:
        self._themes = themes
        self._placer = Placer(themes)
        self._moves = EditorMoves(linear_model.shipped().words)
        for row in evidence:
            if self._placer.has(row.theme):
                lesson = self._lesson(row.title, row.text, row.source)
                self._moves.learn(row, MovedPost(lesson.weights, lesson.heaviest), lesson.shares)

    def lessons(self) -> list[tuple[tuple[str, ...], str]]:
        """As `Placer` does."""
        return self._moves.lessons()

    def place(self, *, title: str, text: str, source: Source | None = None, leaning: Leaning = ()) -> Placement:
        similar, moves_of_source = [], []
        if self._moves:
            similar = list(self._moves.similar_moves(self._lesson(title, text, source.name if source else "").weights))
            moves_of_source = list(self._moves.source_adds(source.name)) if source else []
        by = tuple((move.title, move.theme, tuple(move.adds.items())) for move in similar)
        key = (self._themes, title, _digest(text), source, leaning, tuple(moves_of_source), by)
        known = _PLACEMENTS.get(key)
        if known is not None:
            return known
        placement = self._placer.place_by(
            title=title,
            text=text,
            source=source,
            moves_of_source=moves_of_source,
            similar=similar,
            leaning=leaning,
        )
        return _PLACEMENTS.put(key, placement)

    def _lesson(self, title: str, text: str, source: str) -> _Lesson:
        key = (self._themes, title, _digest(text), source)
        known = _LESSONS.get(key)
        if known is not None:
            return known
        moved, shares = self._placer.learn_from(title, text, source)
        words = tuple(sys.intern(word) for word, _ in moved.weights)
        numbers = array("d", [weight for _, weight in moved.weights])
        return _LESSONS.put(key, _Lesson(words, numbers, shares, moved.words))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
