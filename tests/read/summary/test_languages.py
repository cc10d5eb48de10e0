"""Ten posts in each language, written for this test: what must not be chosen, and what may.

A post of `posts/TAG.txt` begins with "# " and its title; each line is a sentence and an empty line ends a paragraph.
"+" may be chosen, "-" never; "~" leans on the line before it and may only come with that one.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from digest.model import Article, Block, BlockKind
from digest.read.summary.summarise import summarise
from digest.read.summary.sumy_methods import METHODS
from digest.read.summary.word_lists import boilerplate, openers, signposts

POSTS = Path(__file__).parent / "posts"
LANGUAGES = sorted(path.stem for path in POSTS.glob("*.txt"))


class Line(NamedTuple):
    mark: str
    text: str


class Post(NamedTuple):
    title: str
    paragraphs: list[list[Line]]

    def article(self, language: str) -> Article:
        blocks = (" ".join(line.text for line in lines) for lines in self.paragraphs)
        return Article(tuple(Block(BlockKind.PARAGRAPH, text) for text in blocks), language)

    def lines(self) -> list[Line]:
        return [line for lines in self.paragraphs for line in lines]


def posts(language: str) -> list[Post]:
    whole = (POSTS / f"{language}.txt").read_text("utf-8")
    result = []
    for part in whole.removeprefix("# ").split("\n\n# "):
        title, _, body = part.partition("\n")
        paragraphs = [[Line(line[0], line[2:]) for line in lines.splitlines()] for lines in body.strip().split("\n\n")]
        result.append(Post(title, paragraphs))
    return result


def test_each_language_has_ten_posts_with_something_of_each_kind() -> None:
    assert LANGUAGES == ["cy", "de", "es", "fr", "nl"]
    for language in LANGUAGES:
        marks = ["".join(line.mark for line in post.lines()) for post in posts(language)]
        assert len(marks) == 10
        assert all({"+", "-", "~"} == set(each) for each in marks), marks


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lists_know_what_leans_and_what_must_not_be_chosen(language: str) -> None:
    lines = [line for post in posts(language) for line in post.lines()]
    of_page = boilerplate([line.text for line in lines], language)
    wrong = [line for line in lines if line.mark == "~" and not openers(language).match(line.text)]
    wrong += [
        line
        for line, page in zip(lines, of_page, strict=True)
        if line.mark == "-" and not page and not signposts(language).match(line.text)
    ]
    wrong += [
        line
        for line, page in zip(lines, of_page, strict=True)
        if line.mark == "+" and (page or openers(language).match(line.text) or signposts(language).match(line.text))
    ]
    assert wrong == []


@pytest.mark.parametrize("method", ["auto", "lead", *METHODS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_summaries_have_only_what_may_be_chosen(language: str, method: str) -> None:
    for post in posts(language):
        lines = post.lines()
        summary = summarise(post.article(language), title=post.title, sentences=2, max_words=60, method=method)
        chosen = [sentence.text for sentence in summary.sentences]
        assert chosen
        for before, line in zip([Line("", ""), *lines], lines, strict=False):
            assert line.mark != "-" or line.text not in chosen, post.title
            assert line.mark != "~" or line.text not in chosen or before.text in chosen, post.title
