"""The text part: whole on a phone that fills lines anew, and on short lines everywhere else (RFC 3676)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.escape import clean
from digest.mail.rendering.flowed_text import tidy, unflowed, wrap
from digest.mail.rendering.render import Renderer
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition
from tests.mail.hostile import TEXTS

WORD = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="⟦⟧"), min_size=1, max_size=90)
WORDS = st.one_of(st.lists(WORD, min_size=1, max_size=40).map(" ".join), st.sampled_from(TEXTS)).map(clean)


def filled_anew(text: str) -> list[str]:
    """What a reader makes of decoded lines, written from RFC 3676 alone: lines that end with a blank go on."""
    paragraphs, goes_on = [""], False
    for number, line in enumerate(text.split("\n")):
        if number and not goes_on:
            paragraphs.append("")
        paragraphs[-1] += line
        goes_on = line.endswith(" ") and line != "-- "
    return paragraphs


@given(WORDS)
def test_wrapped_text_has_short_lines_and_is_whole_when_they_are_filled_anew(text: str) -> None:
    lines = tidy(wrap(text)).removesuffix("\n")
    assert max(map(len, lines.split("\n"))) <= 72 or "://" in text
    without_blanks = re.sub(r"\s", "", text)
    assert re.sub(r"\s", "", lines) == without_blanks
    if max(map(len, text.split()), default=0) < 72 and "--" not in text:
        assert filled_anew(lines) == [text.replace("\xa0", " ").replace("\u202f", " ").strip()]


def test_indented_lines_and_breaks_in_long_words_are_hard() -> None:
    assert " \n" not in tidy(wrap("word " * 40, indent="  "))
    assert filled_anew(tidy(wrap("字" * 100)))[:2] == ["字" * 71, "字" * 29]


def test_a_slot_has_a_line_of_its_own_and_still_flows() -> None:
    lines = tidy(wrap("You get it because ⟦email⟧, our reader, subscribed."))
    assert lines == "You get it because \n⟦email⟧, \nour reader, subscribed.\n"
    assert unflowed(lines) == "You get it because ⟦email⟧, our reader, subscribed.\n"


def test_blanks_that_a_template_leaves_at_the_end_of_a_line_are_no_soft_breaks() -> None:
    assert tidy("one  \ntwo\xa0\nthree") == "one\ntwo\nthree\n"


@pytest.mark.parametrize("language", ["en", "cy", "de", "fr", "es", "nl", "ar"])
def test_text_part_reads_well_on_a_phone(language: str) -> None:
    text = Renderer(DESIGN, [packaged_folder()]).render(edition(9, short=2), language=language).text
    assert max(len(line) for line in text.split("\n") if "://" not in line) <= 72
    paragraphs = filled_anew(text)
    assert paragraphs == unflowed(text).split("\n")
    assert not any(re.search(r"\S {2,}\S|^ ", paragraph) for paragraph in paragraphs), "no indent is left in the midst"
    assert all(len(line) <= 40 for line in paragraphs if line and set(line) <= set("=-"))
    foot = text.rpartition("-" * 40)[2].split("\n")
    links = [line for line in foot if re.fullmatch(r"⟦\w+⟧|https://\S+", line)]
    public = "https://digest.harbour.example"
    assert links == ["⟦preferences⟧", f"{public}/archive/2019-W12", f"{public}/subscribe", "⟦unsubscribe⟧"]
