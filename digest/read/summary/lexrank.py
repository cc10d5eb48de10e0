"""LexRank with whole-matrix arithmetic: the same graph as sumy's `LexRankSummarizer`, many times faster.

Sentences are linked where the cosine of their tf-idf vectors passes a threshold; the rank of a sentence is its share of
the stationary walk over those links (Erkan and Radev, 2004). The weights are sumy's: tf = count / highest count of the
sentence, idf = log(N / (1 + n)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

THRESHOLD = 0.1  # sumy's
_EPSILON = 1e-3  # sumy stops at 0.1, before the walk settles
_STEPS = 100


def vectors(stems: Sequence[Sequence[str]]) -> Matrix:
    """Unit tf-idf vectors, a row a sentence and a column a stem. A row of zeros where a sentence has no stems."""
    columns: dict[str, int] = {}
    places = [columns.setdefault(stem, len(columns)) for sentence in stems for stem in sentence]
    width = max(1, len(columns))
    rows = np.repeat(np.arange(len(stems)), [len(sentence) for sentence in stems])
    cells = rows * width + np.array(places, dtype=np.intp)
    matrix: Matrix = np.bincount(cells, minlength=len(stems) * width).reshape(len(stems), width).astype(np.float64)
    matrix /= np.maximum(matrix.max(axis=1, initial=1.0, keepdims=True), 1.0)
    within = np.count_nonzero(matrix, axis=0)
    matrix *= np.log(max(1, len(stems)) / (1.0 + within))
    norms = np.sqrt((matrix * matrix).sum(axis=1, keepdims=True))
    unit: Matrix = np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)
    return unit


def similarities(unit: Matrix) -> Matrix:
    """Cosines between all sentences."""
    result: Matrix = unit @ unit.T
    return result


def rank(cosines: Matrix, threshold: float = THRESHOLD, epsilon: float = _EPSILON) -> Matrix:
    """The LexRank of each sentence, the highest being 1. Shape (n,)."""
    links: Any = (cosines > threshold).astype(np.float64)
    degrees = links.sum(axis=1, keepdims=True)
    links /= np.where(degrees == 0, 1.0, degrees)
    ranks: Matrix = np.full(len(links), 1.0 / max(1, len(links)))
    for _ in range(_STEPS):
        following = links.T @ ranks
        norm = math.sqrt(following @ following)
        if norm == 0:  # no sentence is linked to any, not even to itself: none has stems
            return np.zeros(len(links))
        following /= norm
        change = following - ranks
        ranks = following
        if change @ change <= epsilon * epsilon:
            break
    highest: Matrix = ranks / ranks.max() if len(ranks) else ranks
    return highest
