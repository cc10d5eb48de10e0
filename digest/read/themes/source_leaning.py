"""What a source's earlier posts say of its next one: posts of a recruiting blog are mostly on recruitment.

The model places the earlier posts by their words alone. Bayes' rule then weighs a post's own words by how often each
class stands there, against how often it stands anywhere; there is nothing to tune but how soon a few posts count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from digest.read.themes import features, linear_model
from digest.read.themes.linear_model import Model

Shares = tuple[float, ...]
"""By class, in the order of CLASSES; the sum is 1."""
Leaning = tuple[float, ...]
"""What a source adds to the score of each class, in log-odds; () of a source without earlier posts."""

EARLIER_POSTS = 10
CHARACTERS = 600  # of an earlier post's text: as much as most feeds show
UNSEEN_POSTS = 2.0  # posts of no source in particular, beside those of this one


def shares_by_words(model: Model, title: str, text: str, source: str) -> Shares:
    """Each class's share of a post, by the model alone."""
    scores = model.scores(model.weigh(features.build_theme_input(title, text[:CHARACTERS], source)))
    highest = max(scores)
    raw = [math.exp(score - highest) for score in scores]
    whole = sum(raw)
    return tuple(value / whole for value in raw)


def leaning(earlier: Sequence[Shares], model: Model | None = None) -> Leaning:
    """What the shares of a source's earlier posts say of its next one."""
    if not earlier:
        return ()
    usual = (linear_model.shipped() if model is None else model).usual
    whole = len(earlier) + UNSEEN_POSTS
    return tuple(
        math.log((sum(shares[n] for shares in earlier) + UNSEEN_POSTS * often) / whole / often)
        for n, often in enumerate(usual)
    )
