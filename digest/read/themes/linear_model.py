"""The linear model of the four built-in themes: coefficients kept as data, scoring in plain Python.

The data file is written by `benchmarks/train_themes.py`; nothing here learns from it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from digest.read.themes.features import CLASSES, TextPiece, ThemeInput


class WeighedPhrase(NamedTuple):
    """What one phrase of the post adds to the score of each class, in log-odds."""

    surface: str
    adds: tuple[float, ...]  # by class, in the order of CLASSES


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients by feature, in the order of CLASSES; `spread` is the length that word values are brought to."""

    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]
    rarity: Mapping[str, float]
    spread: float

    def weigh(self, theme_input: ThemeInput) -> list[WeighedPhrase]:
        """The post's phrases with what each adds; the sum of them and `bias` is the score."""
        words = [piece for piece in theme_input.pieces if piece.feature in self.rarity]
        length = math.sqrt(sum((piece.value * self.rarity[piece.feature]) ** 2 for piece in words)) or 1.0
        phrases = []
        for piece in theme_input.pieces:
            weights = self.weights.get(piece.feature)
            if weights is None:
                continue
            value = self._value(piece, length)
            phrases.append(WeighedPhrase(piece.surface, tuple([value * weight for weight in weights])))
        return phrases

    def _value(self, piece: TextPiece, length: float) -> float:
        rarity = self.rarity.get(piece.feature)
        return piece.value if rarity is None else piece.value * rarity * self.spread / length

    def scores(self, weighed: list[WeighedPhrase]) -> list[float]:
        """One score (a logit) a class."""
        return [sum(column) for column in zip(self.bias, *(row.adds for row in weighed), strict=True)]


def parse(data: Mapping[str, object]) -> Model:
    """The model from its JSON form. Raises KeyError, TypeError or ValueError where that is damaged."""
    if data["classes"] != list(CLASSES):
        raise ValueError(f"the model knows the themes {data['classes']}, the program {list(CLASSES)}")
    rows: Mapping[str, list[float]] = data["weights"]  # type: ignore[assignment]  # checked by use: JSON is untyped
    rarity: Mapping[str, float] = data["rarity"]  # type: ignore[assignment]  # the same
    bias: list[float] = data["bias"]  # type: ignore[assignment]  # the same
    spread = data["spread"]
    if not isinstance(spread, int | float):
        raise TypeError("spread is a number")
    return Model(tuple(bias), {name: tuple(row) for name, row in rows.items()}, dict(rarity), float(spread))


@cache
def shipped() -> Model:
    """The model that comes with the program."""
    return parse(json.loads((files("digest.read") / "data" / "themes_model.json").read_text("utf-8")))
