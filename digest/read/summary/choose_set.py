"""Which sentences make the summary: the set that an editor would most likely print.

For every set of up to three of the fittest sentences, the estimates for its sentences give the chance that all of it
is printable, that it has one of the post's best sentences, and that one of them is unfit. A set's worth weighs these
and the likeness of its words to a standfirst, as the model says. So one sentence wins over two where the second would
be a risk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from digest.read.summary.fitness import Weights
from digest.read.summary.sentence_features import Matrix, SummaryInput

Set = tuple[int, ...]

_POOL = 10  # sentences that sets are made of
_EXHAUSTIVE = 3  # sentences up to which all sets are weighed; beyond, only those that grow out of the best
_BEAM = 20
_ALIKE = 0.6  # cosine from which two sentences say the same
_FEWER = 2  # a summary may have this many sentences fewer than asked for
_FEWEST_WORDS = 12  # of a summary, where there are more
_WORDS_PER_SENTENCE = 16  # a summary aims at no more in the mean


def ranked_sets(
    summary_input: SummaryInput,
    usable: Sequence[int],
    estimates: Matrix,
    weights: Weights,
    *,
    sentences: int,
    max_words: int,
) -> list[tuple[float, Set]]:
    """The allowed sets with their worth, best first; at least one. Indexes are in document order."""
    dependent, available = summary_input.dependent, frozenset(usable)
    worth = estimates @ np.array(weights)
    independent = [i for i in usable if not dependent[i] or i - 1 in available] or list(usable)
    pool = sorted(sorted(independent, key=lambda i: (-worth[i], i))[:_POOL])
    most = sentences if sentences < _EXHAUSTIVE else sentences - 1
    for limit, least in _limits(sentences, max_words):
        sets = list(_sets(summary_input, pool, estimates, weights, most, limit))
        fewest = min(sentences - _FEWER, max((len(indexes) for _, indexes in sets), default=0))
        fine = [
            (value, indexes)
            for value, indexes in sets
            if len(indexes) >= fewest and sum(summary_input.words[i] for i in indexes) >= least
        ]
        if fine:
            return sorted(fine, key=lambda pair: (-pair[0], pair[1]))
    alone = [i for i in pool if not dependent[i]] or pool
    return [(float(worth[i]), (i,)) for i in sorted(alone, key=lambda i: (-worth[i], i))]


def _limits(sentences: int, max_words: int) -> Iterator[tuple[int, int]]:
    """The most and the fewest words, first as a summary should be, then as it may be."""
    aim = min(max_words, _WORDS_PER_SENTENCE * sentences)
    yield aim, min(_FEWEST_WORDS, aim)
    yield max_words, 0


def _sets(
    summary_input: SummaryInput,
    pool: Sequence[int],
    estimates: Matrix,
    weights: Weights,
    sentences: int,
    max_words: int,
) -> Iterator[tuple[float, Set]]:
    few = min(sentences, len(pool), _EXHAUSTIVE)
    last: list[tuple[float, Set]] = []
    for size in range(1, few + 1):
        last = list(_weigh(summary_input, combinations(pool, size), estimates, weights, max_words))
        yield from last
    for _ in range(few, min(sentences, len(pool))):
        best = sorted(last, key=lambda pair: (-pair[0], pair[1]))[:_BEAM]
        grown = {tuple(sorted((*indexes, i))) for _, indexes in best for i in pool if i not in indexes}
        last = list(_weigh(summary_input, sorted(grown), estimates, weights, max_words))
        yield from last


def _weigh(
    summary_input: SummaryInput, sets: Iterable[Set], estimates: Matrix, weights: Weights, max_words: int
) -> Iterator[tuple[float, Set]]:
    """The allowed ones of the sets: short enough, no repetition, no sentence without the one it depends on."""
    words, dependent, cosines = summary_input.words, summary_input.dependent, summary_input.cosines
    chances = estimates.tolist()
    of_best, of_printable, of_unfit, of_standfirst = weights
    for indexes in sets:
        total = sum([words[i] for i in indexes])
        if total > max_words:
            continue
        if any(dependent[i] and i - 1 not in indexes for i in indexes):
            continue
        if any(cosines[i, j] > _ALIKE for i, j in combinations(indexes, 2)):
            continue
        printable, no_best, fit, like = 1.0, 1.0, 1.0, 0.0
        for i in indexes:
            best, fine, unfit, likeness = chances[i]
            like += likeness * words[i] / total
            printable, no_best, fit = printable * fine, no_best * (1 - best), fit * (1 - unfit)
        yield of_best * (1 - no_best) + of_printable * printable + of_unfit * (1 - fit) + of_standfirst * like, indexes
