"""The set of sentences that an editor would most likely print."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind
from digest.read.summary.choose_set import ranked_sets
from digest.read.summary.sentence_features import SummaryInput, build_summary_input
from digest.read.summary.split_sentences import split_article
from digest.read.summary.word_stems import stemmer_of

WEIGHTS = (2.0, 1.0, -1.0, 4.0)
SENTENCES = (
    "Five market towns have built and tested one shared register of street licences since last autumn.",
    "It saves every clerk in the county a full week of copying by hand.",
    "Traders in Ashby now wait six days for an answer, down from four whole weeks.",
    "A new bridge over the river Dove opens for cyclists at the end of next May.",
)


def summary_input_of(sentences: tuple[str, ...]) -> SummaryInput:
    article = Article((Block(BlockKind.PARAGRAPH, " ".join(sentences)),), "en")
    return build_summary_input(article, split_article(article), "A register", stemmer_of("en"))


def best(estimates: list[Estimate], sentences: int = 3, max_words: int = 90) -> tuple[int, ...]:
    found = ranked_sets(
        summary_input_of(SENTENCES),
        range(len(SENTENCES)),
        np.array(estimates),
        WEIGHTS,
        sentences=sentences,
        max_words=max_words,
    )
    return found[0][1]


Estimate = tuple[float, float, float, float]
SURE, GOOD, RISKY = (0.9, 0.95, 0.02, 0.0), (0.3, 0.8, 0.05, 0.0), (0.1, 0.2, 0.7, 0.0)


def test_one_sure_sentence_wins_over_two_of_which_one_is_a_risk() -> None:
    assert best([SURE, RISKY, RISKY, RISKY]) == (0,)


def test_two_sentences_that_are_likely_best_win_over_one() -> None:
    likely = (0.5, 0.95, 0.02, 0.0)
    assert best([likely, RISKY, likely, RISKY]) == (0, 2)


def test_a_dependent_sentence_comes_with_the_one_before_or_not_at_all() -> None:
    assert best([GOOD, SURE, RISKY, RISKY]) == (0, 1)
    assert best([GOOD, SURE, GOOD, RISKY], sentences=1) in {(0,), (2,)}


chances = st.floats(0.01, 0.97)


@given(
    st.lists(st.tuples(chances, chances, chances, chances), min_size=4, max_size=4),
    st.integers(1, 5),
    st.integers(14, 60),
)
def test_sets_are_in_order_within_the_limits_and_best_first(
    estimates: list[Estimate], sentences: int, max_words: int
) -> None:
    summary_input = summary_input_of(SENTENCES)
    found = ranked_sets(summary_input, range(4), np.array(estimates), WEIGHTS, sentences=sentences, max_words=max_words)
    assert found
    assert [value for value, _ in found] == sorted((value for value, _ in found), reverse=True)
    for _, indexes in found:
        assert list(indexes) == sorted(set(indexes))
        assert len(indexes) <= sentences
        assert sum(summary_input.words[i] for i in indexes) <= max_words or len(indexes) == 1
        assert 1 not in indexes or 0 in indexes


def test_two_sentences_that_say_the_same_are_never_together() -> None:
    twice = (SENTENCES[0], *SENTENCES[2:], SENTENCES[0])
    found = ranked_sets(summary_input_of(twice), range(4), np.array([SURE] * 4), WEIGHTS, sentences=4, max_words=90)
    assert all(not {0, 3} <= set(indexes) for _, indexes in found)
    assert set(combinations(range(3), 2)) & {indexes for _, indexes in found}


@pytest.mark.parametrize("max_words", [1, 5])
def test_where_no_sentence_fits_one_stands_alone(max_words: int) -> None:
    assert len(best([GOOD, SURE, GOOD, GOOD], max_words=max_words)) == 1
