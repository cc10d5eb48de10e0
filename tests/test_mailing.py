"""What deliveries belong to: an edition, or one of its corrections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Mailing
from digest.week import Week

WEEK = Week(2019, 12)


def test_text_names_the_week_and_the_correction() -> None:
    assert str(Mailing(WEEK)) == "2019-W12"
    assert str(Mailing(WEEK, 12)) == "2019-W12+12"


@given(st.integers(1990, 2100), st.integers(1, 52), st.integers(0, 1000))
def test_parse_reads_what_str_writes(year: int, number: int, correction: int) -> None:
    mailing = Mailing(Week(year, number), correction)
    assert Mailing.parse(str(mailing)) == mailing


def test_parse_takes_the_spellings_of_a_week() -> None:
    assert Mailing.parse(" 2019w12 ") == Mailing(WEEK)
    assert Mailing.parse("2019w12+1") == Mailing(WEEK, 1)


@pytest.mark.parametrize(
    "text",
    [
        "", "+1", "2019-W12+", "2019-W12+0x1", "2019-W12+-1", "2019-W12+1+1", "2019-W12+¹", "2019-W12+0",
        f"2019-W12+{'9' * 5_000}",
    ],
)  # fmt: skip
def test_rejects_what_is_no_mailing(text: str) -> None:
    with pytest.raises(UsageError):
        Mailing.parse(text)


def test_corrections_follow_their_edition_in_order() -> None:
    texts = ["2019-W13", "2019-W12+10", "2019-W12+2", "2019-W12"]
    assert [str(one) for one in sorted(map(Mailing.parse, texts))] == texts[::-1]
