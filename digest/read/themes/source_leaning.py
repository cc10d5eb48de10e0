"""What a source's earlier posts say of its next one: posts of a recruiting blog are mostly on recruitment.

The earlier posts are placed by their words alone. Bayes' rule then weighs a post's own words by how often each theme
stands there, against how often it stands anywhere; there is nothing to tune but how soon a few posts count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Shares = tuple[float, ...]
"""Of a post, by class and further theme, in the order of its placer; the sum is 1."""
Leaning = tuple[float, ...]
"""What a source adds to the score of each, in log-odds; () of a source without earlier posts."""

EARLIER_POSTS = 10
CHARACTERS = 600  # of an earlier post's text: as much as most feeds show
UNSEEN_POSTS = 2.0  # posts of no source in particular, beside those of this one


def leaning(earlier: Sequence[Shares], usual: Sequence[float]) -> Leaning:
    """What the shares of a source's earlier posts say of its next one; `usual`: the shares of posts of any source."""
    if not earlier:
        return ()
    whole = len(earlier) + UNSEEN_POSTS
    return tuple(
        math.log((sum(shares[n] for shares in earlier) + UNSEEN_POSTS * often) / whole / often)
        for n, often in enumerate(usual)
    )
