"""Sets of sentences that may be a summary, with scores for content, length, repetition and order.

Every set of up to three of the best single sentences is scored; larger sets grow out of the best smaller ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from digest.read.summary.lexrank import Matrix
from digest.read.summary.sentence_features import FEATURES, SummaryInput

SET_FEATURES = (
    "short",  # how far it is under 20 words, of 20
    "over-30",  # words over 30, of 30
    "over-45",
    "over-60",
    "adjacent",  # share of its steps that go to the very next sentence
    "title-covered",  # share of the title's stems that some sentence has
    "spread",  # distance from its first to its last sentence, of the whole text
)
POOL = 14  # single sentences that sets are made of
_EXHAUSTIVE = 3  # sentences up to which all sets are weighed; beyond, only those that grow out of the best
_BEAM = 50
_ALIKE = 0.6  # cosine from which two sentences say the same

Members = NDArray[np.bool_]
"""Shape (sets, pool): which sentences of the pool a set has."""


@dataclass(frozen=True, slots=True)
class Weights:
    single: Matrix  # of FEATURES
    joint: Matrix  # of SET_FEATURES

    @classmethod
    def from_names(cls, single: Mapping[str, float], joint: Mapping[str, float]) -> Weights:
        """From weights by name; every name must be there."""
        return cls(np.array([single[name] for name in FEATURES]), np.array([joint[name] for name in SET_FEATURES]))


def select_pool(summary_input: SummaryInput, usable: Sequence[int], weights: Weights, size: int = POOL) -> list[int]:
    """The best single sentences among the usable ones, in document order.

    Without those that lean on a sentence that is not usable, as no set could hold them, unless there are no others.
    """
    worth = summary_input.rows @ weights.single
    available = frozenset(usable)
    independent = [i for i in usable if not summary_input.dependent[i] or i - 1 in available] or usable
    return sorted(sorted(independent, key=lambda i: (-worth[i], i))[:size])


def joint_rows(summary_input: SummaryInput, pool: Sequence[int], members: Members) -> Matrix:
    """A row of SET_FEATURES for each set."""
    index = np.array(pool)
    chosen = members.astype(float)
    total = chosen @ np.array(summary_input.words, dtype=float)[index]
    steps = chosen.sum(axis=1) - 1
    nexts = ((chosen @ (index[:, None] + 1 == index[None, :])) * chosen).sum(axis=1)
    covered = (chosen @ summary_input.title_stems[index]) > 0
    first = np.where(members, index, len(summary_input.sentences)).min(axis=1)
    last = np.where(members, index, -1).max(axis=1)
    columns = {
        "short": np.clip(20 - total, 0, None) / 20,
        "over-30": np.clip(total - 30, 0, None) / 30,
        "over-45": np.clip(total - 45, 0, None) / 30,
        "over-60": np.clip(total - 60, 0, None) / 30,
        "adjacent": nexts / np.maximum(steps, 1),
        "title-covered": covered.mean(axis=1) if covered.shape[1] else np.zeros(len(total)),
        "spread": (last - first) / max(1, len(summary_input.sentences)),
    }
    return np.column_stack([columns[name] for name in SET_FEATURES])


def single_rows(summary_input: SummaryInput, pool: Sequence[int], members: Members) -> Matrix:
    """A row of FEATURES for each set: the mean over its words."""
    words = members * np.array(summary_input.words, dtype=float)[list(pool)]
    mean: Matrix = words @ summary_input.rows[list(pool)] / np.maximum(words.sum(axis=1, keepdims=True), 1)
    return mean


def allowed_mask(
    summary_input: SummaryInput, pool: Sequence[int], members: Members, max_words: int
) -> NDArray[np.bool_]:
    """Mark the sets that may be a summary: short enough, no repetition, no sentence without the one it depends on."""
    index = np.array(pool)
    chosen = members.astype(float)
    total = chosen @ np.array(summary_input.words, dtype=float)[index]
    alike = np.triu(summary_input.cosines[np.ix_(index, index)] > _ALIKE, 1).astype(float)
    twice = ((chosen @ alike) * chosen).sum(axis=1)
    follows = (index[:, None] + 1 == index[None, :]).astype(float)
    dependent = np.array(summary_input.dependent)[index]
    unsupported = members & dependent & ~((chosen @ follows) > 0)
    fine: NDArray[np.bool_] = (total <= max_words) & (twice == 0) & ~unsupported.any(axis=1)
    return fine


def allowed_sets(
    summary_input: SummaryInput, pool: Sequence[int], weights: Weights, *, sentences: int, max_words: int
) -> list[tuple[Members, Matrix]]:
    """The allowed sets of each size from one to `sentences`, with their scores; sizes without any are left out."""
    few = min(sentences, len(pool), _EXHAUSTIVE)
    members = _all_sets(len(pool), few)
    members = members[allowed_mask(summary_input, pool, members, max_words)]
    scores = score(summary_input, pool, members, weights)
    counts = members.sum(axis=1)
    sizes = [(members[counts == size], scores[counts == size]) for size in range(1, few + 1) if size in counts]
    for _ in range(few, min(sentences, len(pool)) if sizes else 0):
        best = np.argsort(-sizes[-1][1], kind="stable")[:_BEAM]
        members = _grow(sizes[-1][0][best])
        members = members[allowed_mask(summary_input, pool, members, max_words)]
        if not len(members):
            break
        sizes.append((members, score(summary_input, pool, members, weights)))
    return sizes


def score(summary_input: SummaryInput, pool: Sequence[int], members: Members, weights: Weights) -> Matrix:
    """The worth of each set: of its words, each worth as much as its sentence, in the mean; and of the set as one."""
    index = np.array(pool)
    words = members * np.array(summary_input.words, dtype=float)[index]
    single = words @ (summary_input.rows[index] @ weights.single) / np.maximum(words.sum(axis=1), 1)
    worth: Matrix = single + joint_rows(summary_input, pool, members) @ weights.joint
    return worth


@lru_cache(maxsize=POOL * _EXHAUSTIVE)
def _all_sets(pool: int, most: int) -> Members:
    """All sets of one to `most`, the smaller ones first."""
    members: Members = np.array(
        [np.isin(range(pool), chosen) for size in range(1, most + 1) for chosen in combinations(range(pool), size)],
        dtype=bool,
    ).reshape(-1, pool)
    members.setflags(write=False)
    return members


def _grow(members: Members) -> Members:
    """All sets with one sentence more, each once, in a fixed order."""
    more = members[:, None, :] | np.eye(members.shape[1], dtype=bool)[None, :, :]
    unique: Members = np.unique(more[~members], axis=0)[::-1]
    return unique
