"""docs/text.md tells an editor why three posts are summarised and placed as they are: does the product do so?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.model import Article, Block, BlockKind, Source, Theme
from digest.read.summary.summarise import summarise
from digest.read.themes.place_post import Placer
from digest.settings.tables import DEFAULT_THEMES

PAGE = (Path(__file__).parents[2] / "docs" / "text.md").read_text("utf-8")
_POST = re.compile(
    r"^\*\*(?P<title>[^*\n]+)\*\*\n\n(?P<table>(?:\|.*\n)+)\nTheme: \*(?P<theme>[^*]+)\*,(?P<reasons>(?:.|\n)*?)\. ",
    re.MULTILINE,
)
POSTS = list(_POST.finditer(PAGE))


def sentences(post: re.Match[str]) -> list[str]:
    return [row.split("|")[1].strip() for row in post["table"].splitlines()[2:]]


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post["title"])
def test_the_bold_sentence_is_the_summary(post: re.Match[str]) -> None:
    text = [sentence.strip("*") for sentence in sentences(post)]
    article = Article(tuple(Block(BlockKind.PARAGRAPH, sentence) for sentence in text))
    chosen = [sentence.text for sentence in summarise(article, title=post["title"]).sentences]
    assert chosen == [sentence.strip("*") for sentence in sentences(post) if sentence.startswith("**")]


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post["title"])
def test_the_theme_and_its_reasons_are_those_that_are_named(post: re.Match[str]) -> None:
    text = " ".join(sentence.strip("*") for sentence in sentences(post))
    themes = tuple(Theme(row.key, row.title) for row in DEFAULT_THEMES)
    placement = Placer(themes).place(title=post["title"], text=text, source=Source("Yonder", ""))
    titles = {theme.key: theme.title for theme in themes}
    assert titles[placement.theme] == post["theme"]
    assert re.findall(r"\*([^*]+)\*", " ".join(post["reasons"].split())) == list(placement.because)


def test_there_are_three_posts() -> None:
    assert len(POSTS) == 3
