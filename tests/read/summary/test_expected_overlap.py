"""The expected overlap of a summary: its mean ROUGE overlap, by stems and pairs of stems, with likely standfirsts."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind
from digest.read.summary.expected_overlap import expected_overlap
from digest.read.summary.sentence_features import SummaryInput, build_summary_input
from digest.read.summary.split_sentences import split_article
from digest.read.summary.word_stems import stemmer_of

words = st.sampled_from(["town", "list", "clerk", "trader", "stall", "market", "the", "of"])
posts = st.lists(st.lists(words, min_size=1, max_size=9), min_size=2, max_size=5)


def summary_input_of(lines: list[list[str]]) -> SummaryInput:
    article = Article(tuple(Block(BlockKind.PARAGRAPH, " ".join(line).capitalize() + ".") for line in lines), "en")
    return build_summary_input(article, split_article(article), "The market list", stemmer_of("en"))


def overlap(one: Counter[object], other: Counter[object]) -> float:
    return 2 * (one & other).total() / (one.total() + other.total()) if one or other else 0.0


@given(posts, st.randoms(use_true_random=False))
def test_is_the_mean_overlap_with_sets_of_one_and_two(lines: list[list[str]], chance: Random) -> None:
    summary_input = summary_input_of(lines)
    pool = range(len(lines))
    sets = [subset for size in (1, 2, 3) for subset in combinations(pool, size)]
    members = np.array([[i in subset for i in pool] for subset in sets])
    scores = np.array([chance.uniform(-2, 2) for _ in sets])
    likely = [(subset, math.exp(score / 0.65)) for subset, score in zip(sets, scores, strict=True) if len(subset) < 3]
    every = sum(odds for _, odds in likely)

    def grams(subset: tuple[int, ...]) -> tuple[Counter[object], Counter[object]]:
        return Counter(w for i in subset for w in lines[i]), Counter(p for i in subset for p in pairwise(lines[i]))

    for subset, value in zip(sets, expected_overlap(summary_input, pool, members, scores), strict=True):
        expected = 0.0
        for other, odds in likely:
            mean = sum(overlap(a, b) for a, b in zip(grams(subset), grams(other), strict=True)) / 2
            expected += odds / every * mean
        assert value == pytest.approx(expected, abs=1e-5)


def test_an_unusual_sentence_has_the_least_overlap() -> None:
    summary_input = summary_input_of([["the", "market", "list"], ["the", "market", "clerk"], ["stall", "of", "trader"]])
    shared = expected_overlap(summary_input, range(3), np.eye(3, dtype=bool), np.zeros(3))
    assert shared.argmin() == 2


def test_repeated_stems_count_each_time() -> None:
    summary_input = summary_input_of([["the", "clerk", "lists", "the", "stalls"], ["the", "clerk's", "list"]])
    shared = expected_overlap(summary_input, range(2), np.eye(2, dtype=bool), np.array([9.0, -9.0]))
    # Of five and four words "the", "clerk" and "list" are common, of four and three pairs "the clerk".
    assert shared[1] == pytest.approx((2 * 3 / 9 + 2 * 1 / 7) / 2, abs=1e-5)


def test_larger_sets_are_used_where_only_they_are_allowed() -> None:
    summary_input = summary_input_of([["the", "market"], ["the", "list"], ["the", "clerk"]])
    assert expected_overlap(summary_input, range(3), np.ones((1, 3), dtype=bool), np.zeros(1)) == pytest.approx([1.0])
