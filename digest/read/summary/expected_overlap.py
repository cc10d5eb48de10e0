"""The overlap to expect between a summary and the standfirst that the author may have written.

Nobody knows the best sentences; the weights only make some likelier than others. So each set of one or two sentences
counts as a possible standfirst, as likely as its score makes it, and a summary is worth its mean overlap with them
(minimum Bayes risk; Kumar and Byrne, 2004). This decides the length too: where one sentence stands out, a second one
lowers the overlap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from digest.read.summary.lexrank import Matrix
from digest.read.summary.sentence_features import SummaryInput

LONGEST = 2
"""Sentences of a likely standfirst. Authors write short ones."""
_EVENNESS = 0.65  # of the likelihoods: the higher, the less the best score counts


def expected_overlap(
    summary_input: SummaryInput, pool: Sequence[int], members: NDArray[np.bool_], scores: Matrix
) -> Matrix:
    """The mean overlap of each set with the likely standfirsts, in stems and in pairs of stems, from 0 to 1.

    `members` has shape (sets, pool), with one set at least, `scores` and the result (sets,). The overlap is that of
    ROUGE, but for pairs across sentences: what both have, as often as both have it, of the mean of their lengths.
    """
    counts = members.sum(axis=1)
    likely = counts <= max(LONGEST, counts.min())
    odds = np.exp((scores[likely] - scores[likely].max()) / _EVENNESS)
    odds /= odds.sum()
    words = [summary_input.tokens[i] for i in pool]
    shared = [_overlap(members, likely, odds, lines) for lines in (words, [list(pairwise(line)) for line in words])]
    mean: Matrix = (shared[0] + shared[1]) / 2
    return mean


def _overlap(
    members: NDArray[np.bool_], likely: NDArray[np.bool_], odds: Matrix, lines: Sequence[Sequence[Hashable]]
) -> Matrix:
    """The mean of 2·common / (size + size), things counted as often as they come.

    What only one sentence has is counted, not laid out: most pairs of words are such.
    """
    within = Counter(chain.from_iterable(frozenset(line) for line in lines))
    columns = {item: column for column, item in enumerate(item for item, count in within.items() if count > 1)}
    shared_counts = np.zeros((len(lines), len(columns)), dtype=np.float32)
    unique_counts = np.zeros(len(lines), dtype=np.float32)
    for row, line in enumerate(lines):
        for item in line:
            if item in columns:
                shared_counts[row, columns[item]] += 1
            else:
                unique_counts[row] += 1
    chosen = members.astype(np.float32)
    counts_of_set = chosen @ shared_counts
    # Two sets have in common the smaller of their counts: one for each number that both counts reach.
    reached = [chosen * np.sqrt(unique_counts)]
    for times in range(1, int(counts_of_set.max(initial=0)) + 1):
        reach = counts_of_set >= times
        reached.append(reach[:, reach.any(axis=0)].astype(np.float32))
    matrix = np.hstack(reached)
    overlap = matrix[likely] @ matrix.T
    sizes = np.maximum((matrix * matrix).sum(axis=1), 0.5)
    overlap /= sizes[likely, None] + sizes
    mean: Matrix = (2 * odds).astype(np.float32) @ overlap
    return mean
