"""LexRank gives the same graph as sumy's and, stopped at the same step, the same ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.read.summary import lexrank

words = st.sampled_from(["town", "list", "clerk", "trader", "stall", "market", "register", "queue", "week", "spring"])
documents = st.lists(st.lists(words, max_size=12), min_size=1, max_size=15)


@given(documents)
def test_links_and_ranks_equal_those_of_sumy(document: list[list[str]]) -> None:
    from sumy.summarizers.lex_rank import LexRankSummarizer

    summarizer = LexRankSummarizer()
    frequencies = summarizer._compute_tf(document)
    rarities = summarizer._compute_idf(document)
    cosines = np.array(
        [
            [
                summarizer.cosine_similarity(one, other, frequencies[i], frequencies[j], rarities)
                for j, other in enumerate(document)
            ]
            for i, one in enumerate(document)
        ]
    )
    links = lexrank.similarities(lexrank.vectors(document))
    assert links == pytest.approx(cosines, abs=1e-9)
    if np.abs(cosines - lexrank.THRESHOLD).min() < 1e-9 or not (cosines > lexrank.THRESHOLD).any():
        return  # a cosine on the threshold may fall on either side; without any link sumy divides zero by zero
    matrix = summarizer._create_matrix(document, summarizer.threshold, frequencies, rarities)
    expected = np.array(summarizer.power_method(matrix, summarizer.epsilon))
    assert lexrank.rank(links, epsilon=summarizer.epsilon) == pytest.approx(expected / expected.max(), abs=1e-9)


def test_sentences_without_words_have_no_rank() -> None:
    assert lexrank.rank(lexrank.similarities(lexrank.vectors([[], []]))).tolist() == [0.0, 0.0]
    assert lexrank.rank(np.zeros((0, 0))).tolist() == []


def test_the_sentence_that_shares_most_is_first() -> None:
    stems = [
        ["town", "list", "clerk"],
        ["town", "market"],
        ["list", "stall"],
        ["clerk", "queue"],
        ["week", "spring"],
        ["week", "trader"],
    ]
    ranks = lexrank.rank(lexrank.similarities(lexrank.vectors(stems)))
    assert int(np.argmax(ranks)) == 0
    assert ranks.max() == 1.0
