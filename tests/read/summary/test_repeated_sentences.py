"""Sentences that a source repeats are passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind
from digest.read.summary.repeated_sentences import (
    indexes_without_repeats,
    repeated_sentences,
    sentence_keys,
)
from digest.read.summary.summarise import summarise

SERIES = "The Spotlight series shows what residents made of the data of the city."
NEWS = [
    "Forty neighbours counted cars on the ring road for a week in spring.",
    "The council published all contracts over five thousand pounds in one table.",
    "Volunteers built a map of benches, and the parks team repaired thirty of them.",
]
LONG = "They met every Tuesday in the library, and three of them had never written a line of code before that."


def post(*sentences: str, kind: BlockKind = BlockKind.PARAGRAPH) -> Article:
    return Article((Block(kind, " ".join(sentences)),), "en")


def repeats(*articles: Article) -> frozenset[int]:
    return repeated_sentences(map(sentence_keys, articles))


def test_a_sentence_repeats_when_three_posts_have_it() -> None:
    posts = [post(SERIES, news) for news in NEWS]
    assert len(repeats(*posts)) == 1
    assert repeats(*posts[:2]) == frozenset()
    assert repeats(post(SERIES, SERIES, SERIES)) == frozenset(), "three times in one post"
    code = post(SERIES, kind=BlockKind.CODE)
    assert repeats(*posts[:2], code) == frozenset(), "code is no sentence"


def test_marks_and_capitals_make_no_other_sentence() -> None:
    assert (
        len(repeats(post(SERIES), post(SERIES.upper()), post(SERIES.replace("Spotlight series", "“Spotlight” series"))))
        == 1
    )


def test_short_ones_never_repeat() -> None:
    assert repeats(*(post("Read the whole post.", news) for news in NEWS)) == frozenset()


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Ann Lee, e.g. of St. Mary's, writes for us each week about housing.",
        "“The library lends tools.” So says the board of the lending library each year.",
        "تعرض سلسلة الأضواء ما صنعه سكان المدينة من بياناتها؟",
        "聚光灯系列展示了居民如何使用城市的数据。",
        "यह शृंखला दिखाती है कि निवासियों ने शहर के आँकड़ों से क्या बनाया।",
    ],
    ids=["abbreviations", "quotation", "ar", "zh", "hi"],
)
def test_a_sentence_is_known_again_in_any_text(sentence: str) -> None:
    known = repeats(*(post(sentence, news) for news in NEWS))
    assert indexes_without_repeats([sentence, LONG, LONG], known) == [1, 2]


def test_a_summary_passes_over_what_repeats() -> None:
    for news in NEWS:
        assert chosen(SERIES, news, LONG) == [news]


def test_what_leans_on_a_repeated_sentence_goes_with_it() -> None:
    opening = "It runs until the end of June, and everybody in the city may take part in it."
    assert chosen(SERIES, opening, NEWS[0], LONG) == [NEWS[0]]
    assert chosen(SERIES, "Have you ever counted cars?", NEWS[0], LONG) == [NEWS[0]]


def chosen(*sentences: str) -> list[str]:
    """The summary of a post of a source that repeats SERIES."""
    known = repeats(*(post(SERIES, news) for news in NEWS))
    return [each.text for each in summarise(post(*sentences), title="Spotlight series", repeats=known).sentences]


def test_a_post_that_was_published_three_times_stays_whole() -> None:
    sentences = [SERIES, *NEWS]
    again = repeats(*[post(*sentences)] * 3)
    assert indexes_without_repeats([*sentences, "Now in March."], again) == [0, 1, 2, 3, 4]
    page = "Subscribe to our newsletter to get all of our posts by email. " * 4
    summary = summarise(post(*sentences, "Now in March.", page), title="Spotlight", repeats=again)
    assert summary.sentences[0].text in sentences


def test_a_long_frame_goes_where_forty_words_are_left() -> None:
    frame = [f"The council of ward {number} pays all of its staff a living wage." for number in range(9)]
    known = repeats(*[post(*frame)] * 3)
    assert indexes_without_repeats([*frame, NEWS[0], NEWS[1], LONG], known) == [9, 10, 11]
    assert len(indexes_without_repeats([*frame, NEWS[0], NEWS[1]], known)) == 11


@given(st.lists(st.text(max_size=80), max_size=12), st.integers(0, 2**12))
def test_indexes_are_some_in_order_and_never_none(sentences: list[str], chosen: int) -> None:
    some = [sentence for at, sentence in enumerate(sentences) if chosen >> at & 1]
    keys = frozenset[int]().union(*(sentence_keys(post(sentence)) for sentence in some))
    own = indexes_without_repeats(sentences, keys)
    assert own == sorted(set(own))
    assert set(own) <= set(range(len(sentences)))
    assert bool(own) == bool(sentences)
