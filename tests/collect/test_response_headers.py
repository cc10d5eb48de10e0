"""When to come again, by what servers say: also where they say what no date can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.response_headers import fresh_for, retry_after
from digest.collect.source_pace import LONGEST_WAIT, after_failure, next_visit

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Mon, 01 Jan 2018 00:00:00 +99999999999999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2018 " + "0" * 100_000,
        "9" * 5_000,
        "\u0661\u0662",
        "-1",
        "soon",
    ],
)
def test_impossible_moment_is_no_moment(value: str) -> None:
    assert retry_after({"retry-after": value}) is None
    assert retry_after({"retry-after": "Mon, 25 Mar 2019 07:00:10 GMT", "date": value}) is not None


def test_overlong_number_waits_as_long_as_we_ever_wait() -> None:
    seconds = retry_after({"retry-after": "9" * 300})
    assert after_failure(NOW, failures=1, retry_after=seconds) == NOW + LONGEST_WAIT


@given(st.text(), st.text(), st.text(), st.text())
def test_headers_never_raise_and_waits_are_bounded(retry: str, date: str, control: str, age: str) -> None:
    headers = {"retry-after": retry, "date": date, "cache-control": control, "age": age}
    assert after_failure(NOW, failures=1, retry_after=retry_after(headers)) <= NOW + LONGEST_WAIT
    assert (next_visit(NOW, ttl=None, fresh_for=fresh_for(headers)) or NOW) <= NOW + LONGEST_WAIT


@given(
    st.integers(1, 9999), st.integers(1, 12), st.integers(1, 28), st.integers(-2359, 2359), st.sampled_from(["", " "])
)
def test_moment_with_any_offset_never_raises(year: int, month: int, day: int, offset: int, blank: str) -> None:
    name = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[month - 1]
    value = f"{blank}{day:02} {name} {year:04} 23:59:59 {offset:+05}"
    seconds = retry_after({"retry-after": value, "date": "Mon, 25 Mar 2019 07:00:00 GMT"})
    assert seconds is None or 0 <= seconds <= timedelta(days=12_000).total_seconds()
