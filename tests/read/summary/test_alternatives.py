"""Other extracts for an editor: verbatim, different, in order, within the limits, each with a reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind
from digest.read.summary.alternatives import alternatives
from digest.read.summary.summarise import candidates, summarise
from tests.read.summary.test_summarise import PARAGRAPHS, TITLE, article, assert_verbatim

words = st.sampled_from(
    [
        *("towns", "clerks", "register", "the", "a", "of", "built", "licence", "in", "2019"),
        *("they", "we", "However", "trader", "paid", "found"),
    ]
)
texts = st.lists(words, min_size=1, max_size=25).map(lambda line: " ".join(line).capitalize() + ".")


def test_each_alternative_has_a_reason_and_none_is_the_summary() -> None:
    post = article(*PARAGRAPHS)
    present = summarise(post, title=TITLE).sentences
    others = alternatives(post, 3, title=TITLE)
    assert len(others) == 3
    assert all(each.reason for each in others)
    assert present not in [each.sentences for each in others]
    assert others == alternatives(post, 3, title=TITLE)


def test_what_the_editor_shows_now_is_not_offered_again() -> None:
    post = article(*PARAGRAPHS)
    first = alternatives(post, 1, title=TITLE)[0]
    after = alternatives(post, 4, title=TITLE, present=first.sentences)
    assert first.sentences not in [each.sentences for each in after]


def test_a_sentence_that_follows_what_is_shown_says_so() -> None:
    post = article(*PARAGRAPHS)
    every = candidates(post)
    for first in every:
        for each in alternatives(post, 9, title=TITLE, present=(first,)):
            follows = [first, *every[every.index(first) + 1 :][:1]] == list(each.sentences)
            assert follows == ("adds the sentence that follows" in each.reason)


def test_reasons_say_what_is_there() -> None:
    post = article("Five towns built a register. Ashby pays 20 clerks for it. Rain is wet on most days in May.")
    for each in alternatives(post, 5, title="", sentences=1):
        text = each.sentences[0].text
        assert ("has a figure" in each.reason) == ("20" in text)
        assert ("says what was done" in each.reason) == ("built" in text)


def test_without_sentences_or_in_a_language_we_do_not_know_there_are_none() -> None:
    assert alternatives(Article(()), 3) == ()
    assert alternatives(article("Viisi kaupunkia rakensi rekisterin. Odotusaika lyheni heti.", language="fi"), 3) == ()


@given(st.lists(texts, min_size=1, max_size=12), st.integers(0, 5), st.integers(1, 4), st.integers(5, 90))
def test_any_alternatives_are_verbatim_different_in_order_and_within_the_limits(
    lines: list[str], n: int, sentences: int, max_words: int
) -> None:
    post = Article(tuple(Block(BlockKind.PARAGRAPH, line) for line in lines), "en")
    present = summarise(post, title=TITLE, sentences=sentences, max_words=max_words).sentences
    others = alternatives(post, n, title=TITLE, sentences=sentences, max_words=max_words)
    assert len(others) <= n
    extracts = [each.sentences for each in others]
    assert len({present, *extracts}) == len(extracts) + 1
    for extract in extracts:
        assert_verbatim(post, extract)
        assert 1 <= len(extract) <= sentences
        assert sum(len(sentence.text.split()) for sentence in extract) <= max_words
