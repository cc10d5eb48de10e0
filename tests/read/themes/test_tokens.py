"""Tokens, stems, phrases, and the lexicon that is made of them."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.read.themes import linear_model
from digest.read.themes.features import WEIGHTS
from digest.read.themes.tokens import Phrasebook, parts, stem, surface, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [("hire", "hiring"), ("hires", "hired"), ("vacancy", "vacancies"), ("tweet", "tweeted"), ("running", "runs")],
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("press", "pres"), ("status", "stat"), ("was", "wa"), ("used", "us")])
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_contractions_and_dotted_names_are_words() -> None:
    assert [token.stem for token in tokens("We’re GOV.UK's")] == ["we", "re", "gov", "uk", "s"]


def test_the_longest_phrase_wins_and_its_words_match_no_other() -> None:
    book = Phrasebook(["recruit", "recruit participants", "join our _ team"])
    text = "Recruiting participants? Join our design team. Join our. Big team"
    words = tokens(text)
    hits = [(hit.phrase, surface(text, words, hit)) for hit in book.find(text, words)]
    assert hits == [(1, "Recruiting participants"), (2, "Join our design team")]


def test_a_word_after_an_equals_sign_matches_only_as_it_is_written() -> None:
    book = Phrasebook(["=likes", "=lead the", "share"])
    text = "Likes, shares: we like to share. Lead the team that led the way."
    words = tokens(text)
    assert [surface(text, words, hit) for hit in book.find(text, words)] == ["Likes", "shares", "share", "Lead the"]


@given(st.text(max_size=200))
def test_offsets_of_tokens_match_the_text(text: str) -> None:
    end = 0
    for token in tokens(text):
        assert end <= token.start < token.end <= len(text)
        assert any(char.isalnum() for char in text[token.start : token.end])
        end = token.end
    assert tokens(text, 3) == tokens(text)[:3]


def test_no_phrase_of_the_lexicon_stands_twice_and_all_grades_are_known() -> None:
    lexicon = tomllib.loads((files("digest.read") / "data" / "themes_lexicon.toml").read_text("utf-8"))
    grade_of: dict[tuple[str, ...], str] = {}
    for category, grades in lexicon.items():
        assert set(grades) <= set(WEIGHTS)
        assert category == "neutral" or f"lex:{category}:title" in linear_model.shipped().lexicon
        for phrases in grades.values():
            for phrase in phrases:
                assert parts(phrase), phrase
                assert parts(phrase) not in grade_of, (phrase, grade_of.get(parts(phrase)))
                grade_of[parts(phrase)] = phrase


def test_a_model_for_other_themes_is_refused() -> None:
    with pytest.raises(ValueError, match="the model knows the themes"):
        linear_model.parse({"classes": ["weather"]})
