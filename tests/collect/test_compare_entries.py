"""Which texts and titles of one source are one post's."""

from __future__ import annotations

import pytest

from digest.collect.compare_entries import is_corrected, is_same_text
from digest.collect.numbers import differ_in_numbers

TEXT = "<p>" + "The library opens a new hall for people who care for others, and asks them what it should hold. " * 4


def test_a_correction_that_adds_its_date_is_the_same_text() -> None:
    assert is_same_text(TEXT, f"{TEXT} Corrected on Tuesday.</p>")
    assert is_same_text(f"{TEXT} Updated 18 June.</p>", TEXT)


def test_other_dates_in_one_frame_are_other_texts() -> None:
    assert not is_same_text(f"{TEXT} On 12 May.", f"{TEXT} On 19 May.")
    assert not is_same_text(f"{TEXT} On Monday.", f"{TEXT} On Tuesday, as always.")


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("week notes 12", "week notes 13", True),
        ("week notes", "week notes 13", True),
        ("figures for march", "figures for april", True),
        ("2024 03 12", "2024 03 19", True),
        ("week notes 12", "week notes 12", False),
        ("5 ways to save", "ways we save 6", False),
        ("may", "june", False),
    ],
)
def test_titles_that_differ_in_numbers(one: str, other: str, differ: bool) -> None:
    assert differ_in_numbers(one, other) is differ
    if differ:
        assert not is_corrected(one, other)
