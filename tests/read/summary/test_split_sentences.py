"""Where sentences end. Each example is its sentences, joined by " | "."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind
from digest.read.summary.split_sentences import split, split_article

EXAMPLES = [
    # abbreviations, initials, numbers
    "Dr. Ada Okoye met Cllr. J. K. Moss at No. 10 on 5 Mar. 2019. | They agreed.",
    "Bring proof, e.g. a bill, i.e. something with a name. | It helps.",
    "We open at 9 a.m. on Monday. | We close at 5 p.m. | Come early.",
    "It costs £3.50 (approx. €4.10). | Version 2.0.1 is out.",
    "The U.K. Government asked Acme Ltd. for it. | The U.S. did too. | It worked in the U.K. | However, it took time.",
    "We tested forms, letters, etc. | The results were good.",
    "No. | We said no. | That was it.",
    "It sat. | We built an app. | People miss. | Then ill. | Done.",
    # quotations and brackets
    "“Is this it?” she asked. | “It is.” | We moved on.",
    "Our motto is ‘Plan. Do. Learn.’ and we mean it. | It works.",
    "“We listened. We changed it,” said Sam. | That was new.",
    "We stopped (it was late!) and went home. | (Nobody minded.) | Then we slept.",
    "It was “great.” | Everyone said so.",
    # marks and ellipses
    "What?! | No way… | We waited... and waited. | Well... | OK.",
    "Yahoo! has a new form. | Try it!",
    "A claim. [12] | Another one. [3] [4] | The end. [5]",
    # addresses, names of things
    "See gov.uk/help or mail a.b@example.org. | Then visit https://example.org/x.html?a=b.c for more. | Done.",
    "We use Node.js and ASP.NET. | Both work.",
    # lists, captions, datelines
    "1. Ask people. | 2. Listen to them. | 3. Act.",
    "We do: | • research | • design | • delivery",
    "Figure 2.1 | This map shows the towns.",
    "a) One thing | b) Another thing",
    # other scripts
    "これは文です。 | 次の文です。",
    "¿Qué pasa? | ¡Nada! | Bien.",
]


@pytest.mark.parametrize("marked", EXAMPLES)
def test_sentence_borders(marked: str) -> None:
    assert [sentence.text for sentence in split(marked.replace(" | ", " "))] == marked.split(" | ")


def test_a_lost_space_is_a_border_before_a_word_that_begins_sentences() -> None:
    assert [s.text for s in split("We know our users.And we go on.")] == ["We know our users.", "And we go on."]
    assert [s.text for s in split("It runs on Node.Js or so.")] == ["It runs on Node.Js or so."]


def test_other_languages_write_ordinals_with_a_full_stop() -> None:
    assert len(split("Er kam am 3. Oktober an. Das war gut.", "de")) == 2


@given(
    st.lists(
        st.sampled_from(
            [
                *"aI.!?…\"'”“’‘()[]\n•-—:;5。",
                " ",
                " ",
                "Dr.",
                "The ",
                "word ",
                "e.g.",
                "1.",
                "2)",
                "[3]",
                ". . .",
                "https://a.b/c ",
            ]
        ),
        max_size=60,
    ).map("".join)
    | st.text(max_size=200)
)
def test_sentences_are_verbatim_in_order_and_complete(text: str) -> None:
    sentences = split(text)
    end = 0
    for sentence in sentences:
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""
        assert not text[end : sentence.start].strip()
        end = sentence.end
    assert not text[end:].strip()


def test_an_article_is_split_within_its_blocks() -> None:
    article = Article(
        (
            Block(BlockKind.HEADING, "What we did", 2),
            Block(BlockKind.PARAGRAPH, "We asked. They answered"),
            Block(BlockKind.QUOTE, "“A quotation. Of two sentences.”"),
            Block(BlockKind.CODE, "print(1). Print(2)."),
            Block(BlockKind.LIST_ITEM, "an item without a full stop"),
        )
    )
    parts = split_article(article)
    assert [sentence.text for sentence in parts] == [
        "We asked.",
        "They answered",
        "“A quotation.",
        "Of two sentences.”",
        "an item without a full stop",
    ]
    assert all(article.text[sentence.start : sentence.end] == sentence.text for sentence in parts)


def test_long_texts_take_linear_time() -> None:
    """50,000 words, and shapes that make careless patterns explode."""
    assert len(split("Dr. Smith said so. It was true, e.g. here. " * 6_000)) == 12_000
    for shape in (
        ". " * 30_000,
        '"' * 30_000,
        "a." * 30_000,
        "[1] " * 20_000,
        "…" * 50_000,
        "(" * 50_000,
        "1. " * 20_000,
    ):
        assert re.sub(r"\s", "", "".join(s.text for s in split(shape))) == re.sub(r"\s", "", shape)
