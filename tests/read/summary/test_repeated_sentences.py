"""Sentences that a source repeats are passed over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind
from digest.read.summary.repeated_sentences import (
    indexes_without_repeated,
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


def test_a_summary_passes_over_what_repeats() -> None:
    posts = [post(SERIES, news, LONG) for news in NEWS]
    for article, news in zip(posts, NEWS, strict=True):
        summary = summarise(article, title="Spotlight series", repeats=repeats(*(post(SERIES, each) for each in NEWS)))
        assert [sentence.text for sentence in summary.sentences] == [news, LONG]


def test_a_post_that_was_published_three_times_stays_whole() -> None:
    sentences = [SERIES, *NEWS]
    again = repeats(*[post(*sentences)] * 3)
    assert indexes_without_repeated([*sentences, "Now in March."], again) == [0, 1, 2, 3, 4]
    summary = summarise(post(*sentences), title="Spotlight", repeats=again)
    assert summary.sentences


def test_what_leans_on_a_repeated_sentence_goes_with_it() -> None:
    opening = "It runs until the end of June, and everybody in the city may take part in it."
    article = post(SERIES, opening, *NEWS, LONG)
    summary = summarise(article, title="Spotlight series", repeats=repeats(*(post(SERIES, each) for each in NEWS)))
    assert opening not in [sentence.text for sentence in summary.sentences]


@given(st.lists(st.text(max_size=80), max_size=12), st.integers(0, 2**12))
def test_indexes_are_some_in_order_and_never_none(sentences: list[str], chosen: int) -> None:
    some = [sentence for at, sentence in enumerate(sentences) if chosen >> at & 1]
    keys = frozenset[int]().union(*(sentence_keys(post(sentence)) for sentence in some))
    own = indexes_without_repeated(sentences, keys)
    assert own == sorted(set(own))
    assert set(own) <= set(range(len(sentences)))
    assert bool(own) == bool(sentences)
