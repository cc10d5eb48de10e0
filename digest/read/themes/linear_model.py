"""The linear model of the four built-in themes: coefficients kept as data, scoring in plain Python.

The data file is written by `benchmarks/train_themes.py`; nothing here learns from it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from digest.read.themes.features import CLASSES, TextPiece, ThemeInput, speaks_for

SOURCE = "s:"
_NOTHING: frozenset[str] = frozenset()


class WeighedPhrase(NamedTuple):
    """What one phrase of the post adds to the score of each class, in log-odds."""

    surface: str
    adds: Sequence[float]  # by class, in the order of CLASSES
    of_source: bool
    speaks_for: frozenset[str]  # classes for which an editor accepts the phrase as a reason


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients in log-odds, in the order of CLASSES; `usual`: how often each stood among the rows learnt from.
    `reasons`: of the words that an editor accepts as a reason, the classes for which.
    Scores times `certainty` are log-odds that are what they say.

    `lexicon`: by feature. `words`: of the words of posts and of sources' names, each row the word's rarity and its
    coefficients; the words of either kind are brought to a vector of length 1.
    """

    bias: Sequence[float]
    lexicon: Mapping[str, Sequence[float]]
    words: Mapping[str, Sequence[float]]
    usual: Sequence[float] = (0.2,) * len(CLASSES)
    certainty: float = 1.0
    reasons: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def weigh(self, theme_input: ThemeInput) -> list[WeighedPhrase]:
        """The post's phrases with what each adds; the sum of them and `bias` is the score."""
        phrases: list[WeighedPhrase] = []
        known: dict[bool, list[tuple[float, TextPiece, Sequence[float]]]] = {False: [], True: []}
        for piece in theme_input.pieces:
            weights = self.lexicon.get(piece.feature)
            if weights is not None:
                adds = [piece.value * weight for weight in weights]
                phrases.append(WeighedPhrase(piece.surface, adds, False, speaks_for(piece.feature)))
                continue
            row = self.words.get(piece.feature)
            if row is not None:
                known[piece.feature.startswith(SOURCE)].append((piece.value * row[0], piece, row))
        for of_source, rows in known.items():
            length = math.sqrt(sum(value * value for value, _, _ in rows)) or 1.0
            for value, piece, (_, *weights) in rows:
                share = value / length
                adds, classes = [share * weight for weight in weights], self.reasons.get(piece.feature, _NOTHING)
                phrases.append(WeighedPhrase(piece.surface, adds, of_source, classes))
        return phrases

    def scores(self, weighed: list[WeighedPhrase]) -> list[float]:
        """One score (a logit) a class."""
        return [sum(column) for column in zip(self.bias, *(row.adds for row in weighed), strict=True)]


def parse(data: Mapping[str, object]) -> Model:
    """The model from its JSON form. Raises KeyError, TypeError or ValueError where that is damaged."""
    if data["classes"] != list(CLASSES):
        raise ValueError(f"the model knows the themes {data['classes']}, the program {list(CLASSES)}")
    bias: list[float] = data["bias"]  # type: ignore[assignment]  # checked by use: JSON is untyped
    lexicon: dict[str, list[float]] = data["lexicon"]  # type: ignore[assignment]  # the same
    words: dict[str, list[float]] = data["words"]  # type: ignore[assignment]  # the same
    usual: list[float] = data["usual"]  # type: ignore[assignment]  # the same
    certainty: float = data["certainty"]  # type: ignore[assignment]  # the same
    numbered: dict[str, list[int]] = data["reasons"]  # type: ignore[assignment]  # the same
    reasons = {word: frozenset(CLASSES[n] for n in numbers) for word, numbers in numbered.items()}
    return Model(bias, lexicon, words, usual, certainty, reasons)


@cache
def shipped() -> Model:
    """The model that comes with the program."""
    return parse(json.loads((files("digest.read") / "data" / "themes_model.json").read_text("utf-8")))
