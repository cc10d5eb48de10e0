"""ROUGE-1, ROUGE-2 and ROUGE-L as rouge-score 0.1.2 computes them with its stemmer (Lin, 2004)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

Score = tuple[float, float, float]
"""F1 of ROUGE-1, ROUGE-2 and ROUGE-L."""


def best(golds: Iterable[str], candidate: str) -> Score:
    """The score against the gold that it does best against, by the sum of ROUGE-1 and ROUGE-2."""
    tokens = tokens_of(candidate)
    return max((rouge(tokens_of(gold), tokens) for gold in golds), key=lambda score: score[0] + score[1])


def rouge(gold: Sequence[str], candidate: Sequence[str]) -> Score:
    return (
        _overlap(Counter(gold), Counter(candidate)),
        _overlap(Counter(_pairs(gold)), Counter(_pairs(candidate))),
        _f1(_common_subsequence(gold, candidate), len(gold), len(candidate)),
    )


def tokens_of(text: str) -> list[str]:
    """ASCII letters and digits in lower case; words of more than three are stemmed."""
    return [_stem(word) if len(word) > 3 else word for word in re.findall(r"[a-z0-9]+", text.lower())]


@cache
def _stemmer() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stem(word))


def _pairs(tokens: Sequence[str]) -> list[tuple[str, str]]:
    return list(pairwise(tokens))


def _overlap(gold: Counter[Any], candidate: Counter[Any]) -> float:
    return _f1((gold & candidate).total(), gold.total(), candidate.total())


def _f1(common: int, gold: int, candidate: int) -> float:
    return 2 * common / (gold + candidate) if common else 0.0


def _common_subsequence(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The length of the longest common subsequence."""
    above = [0] * (len(other) + 1)
    for item in one:
        row = [0]
        for place, right in enumerate(other):
            row.append(above[place] + 1 if item == right else max(above[place + 1], row[place]))
        above = row
    return above[-1]
