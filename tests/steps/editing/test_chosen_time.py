"""The time that an editor chooses for sending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.errors import UsageError
from digest.steps.editing.chosen_time import chosen_moment, comes_twice

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2019, 3, 25, 9, 30, tzinfo=UTC)


def test_a_time_is_read_in_the_newsletters_zone() -> None:
    assert chosen_moment("2019-04-01T09:00", LONDON, NOW) == datetime(2019, 4, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("tomorrow", "'tomorrow' is not a date and time", "2026-11-23T09:00"),
        ("2019-03-25T09:30", "Monday 25 March at 09:30 has passed: it is 09:30", "later"),
        ("2019-03-24T23:00", "Sunday 24 March at 23:00 has passed: it is 09:30 on Monday 25 March", "later"),
        ("2019-03-31T01:30", "There is no 01:30 on Sunday 31 March in Europe/London: the clocks go forward", "02:30"),
        ("2021-03-31T01:30", "more than a year away", "earlier"),
        ("9" * 5000, "is not a date and time", "Write it"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_a_sentence(text: str, what: str, remedy: str) -> None:
    with pytest.raises(UsageError) as error:
        chosen_moment(text, LONDON, NOW)
    assert what in error.value.what
    assert remedy in error.value.remedy


def test_of_a_time_that_comes_twice_it_is_the_first() -> None:
    moment = chosen_moment("2019-10-27T01:30", LONDON, NOW)
    assert moment == datetime(2019, 10, 27, 0, 30, tzinfo=UTC)
    assert comes_twice(moment, LONDON)
    assert not comes_twice(moment - timedelta(hours=1), LONDON)
    assert not comes_twice(datetime(2019, 3, 31, 2, 30, tzinfo=UTC), LONDON), "a gap is no repetition"
