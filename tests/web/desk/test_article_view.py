"""The article at the desk: cut without loss, and one click is a swap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.editing.sentence_choice import Span, choose_sentences, parse_spans
from digest.model import Article, Block, BlockKind, Sentence
from digest.web.desk.article_view import passages, sentence_url

spans = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))
some_spans = st.lists(spans, max_size=8, unique=True)


def article_of(*texts: str) -> Article:
    return Article(tuple(Block(BlockKind.PARAGRAPH, text) for text in texts))


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4), some_spans, some_spans)
def test_passages_are_the_article_whatever_the_sentences(
    texts: list[str], cuts: list[Span], selected: list[Span]
) -> None:
    article = article_of(*texts)
    sentences = [Sentence(article.text[start:end], start, end) for start, end in cuts]
    parts = passages(article, sentences, selected)
    assert ["".join(piece.text for piece in passage.pieces) for passage in parts] == texts
    for passage in parts:
        for piece in passage.pieces:
            if piece.span:
                assert article.text[piece.span[0] : piece.span[1]] == piece.text
                assert piece.chosen == (piece.span in selected)


def test_text_between_sentences_is_kept() -> None:
    article = article_of("One. Two.", "Three.")
    sentences = [Sentence("One.", 0, 4), Sentence("Two.", 5, 9), Sentence("Three.", 11, 17)]
    first, second = passages(article, sentences, {(5, 9)})
    assert [(piece.text, piece.chosen) for piece in first.pieces] == [("One.", False), (" ", False), ("Two.", True)]
    assert [piece.value for piece in second.pieces] == ["11-17"]


@given(some_spans, some_spans, st.integers(1, 5))
def test_choose_sentences_keeps_the_newly_ticked_within_the_limit(
    current: list[Span], ticked: list[Span], at_most: int
) -> None:
    result = choose_sentences(current, ticked, at_most)
    assert set(result) <= set(ticked), "nothing that was not ticked"
    assert len(result) == min(len(set(ticked)), at_most) or len(result) <= at_most
    assert list(result) == sorted(result), "in document order"
    assert choose_sentences(result, result, at_most) == result
    if len(ticked) <= at_most:
        assert result == tuple(sorted(ticked)), "where there is room, what was ticked is what is kept"
    added = [span for span in ticked if span not in current]
    if len(added) <= at_most:
        assert set(added) <= set(result), "what was just ticked is kept"


def test_a_new_sentence_replaces_the_nearest() -> None:
    assert choose_sentences([(0, 9), (50, 59), (100, 109)], [(0, 9), (50, 59), (100, 109), (60, 69)], 3) == (
        (0, 9),
        (60, 69),
        (100, 109),
    )


@given(st.lists(st.text(max_size=25)))
def test_spans_from_a_form_are_never_trusted(values: list[str]) -> None:
    assert all(start >= 0 and end >= 0 for start, end in parse_spans(values))


def test_spans_from_a_form() -> None:
    assert parse_spans(["5-9", "0-4", "5-9", "x", "1-", "-1", "²-³", "1-2-3", "9" * 30 + "-1"]) == ((0, 4), (5, 9))


@pytest.mark.parametrize(
    ("sentence", "address"),
    [
        ("We did it.", "https://a.example/p#:~:text=We%20did%20it."),
        (
            "On Monday, half-way through the week before last, we turned it off.",
            "https://a.example/p#:~:text=On%20Monday%2C%20half%2Dway%20through,we%20turned%20it%20off.",
        ),
        ("", "https://a.example/p"),
    ],
)
def test_a_sentence_has_a_text_fragment_url(sentence: str, address: str) -> None:
    assert sentence_url("https://a.example/p", sentence) == address
    assert sentence_url("https://a.example/p#part", sentence) == "https://a.example/p#part"
