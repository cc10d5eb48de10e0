"""How much a summary would share with what the author may have written, were it one or two of the post's sentences.

Nobody knows which sentences say it best; the weights only make some likelier than others. So each set of one or two
sentences stands for a standfirst, as likely as its score makes it, and a summary is worth what it shares with them on
average (minimum Bayes risk; Kumar and Byrne, 2004). That settles its length, too: what is likely to be said is worth
its words, and where one sentence stands out, a second one dilutes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from digest.read.features import Reading
from digest.read.lexrank import Matrix

LONGEST = 2
"""Sentences of a likely standfirst: the authors' have 29 words in the median."""
_EVENNESS = 0.5  # of the likelihoods: the higher, the less the best score counts


def agreement(reading: Reading, pool: Sequence[int], members: NDArray[np.bool_], scores: Matrix) -> Matrix:
    """The mean overlap of each set with the likely standfirsts, in words and in pairs of words, from 0 to 1.

    `members` has shape (sets, pool), with one set at least, `scores` and the result (sets,). The overlap is Dice's,
    over distinct words.
    """
    counts = members.sum(axis=1)
    likely = counts <= max(LONGEST, counts.min())
    odds = np.exp((scores[likely] - scores[likely].max()) / _EVENNESS)
    odds /= odds.sum()
    words = [reading.tokens[i] for i in pool]
    shared = [_dice(members, likely, odds, of) for of in (words, [list(pairwise(line)) for line in words])]
    mean: Matrix = (shared[0] + shared[1]) / 2
    return mean


def _dice(
    members: NDArray[np.bool_], likely: NDArray[np.bool_], odds: Matrix, of: Sequence[Sequence[Hashable]]
) -> Matrix:
    """The mean of Dice's overlap. What only one sentence has is counted, not laid out: most pairs of words are such."""
    own = [frozenset(line) for line in of]
    within = Counter(chain.from_iterable(own))
    columns = {thing: column for column, thing in enumerate(thing for thing, count in within.items() if count > 1)}
    has = np.zeros((len(own), len(columns)), dtype=np.float32)
    for row, line in zip(has, own, strict=True):
        row[[columns[thing] for thing in line if thing in columns]] = 1
    alone = np.array([len(line) for line in own], dtype=np.float32) - has.sum(axis=1)
    chosen = members.astype(np.float32)
    said = np.hstack([np.minimum(chosen @ has, 1), chosen * np.sqrt(alone)])
    overlap = said[likely] @ said.T
    sizes = np.maximum((said * said).sum(axis=1), 0.5)
    overlap /= sizes[likely, None] + sizes
    mean: Matrix = (2 * odds).astype(np.float32) @ overlap
    return mean
