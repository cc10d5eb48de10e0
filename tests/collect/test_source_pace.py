"""The health of a source: its pace, its silence, and when it is fetched again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.source_pace import (
    FIRST_BACK_OFF,
    LONGEST_BACK_OFF,
    LONGEST_WAIT,
    after_failure,
    is_healthy,
    next_visit,
    pace_days,
    silence,
)
from digest.model import Outcome

NOW = datetime(2019, 3, 19, 12, tzinfo=UTC)


def days_ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=each) for each in days]


# --- Pace -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "pace"),
    [
        ((), None),
        ((1,), None),
        ((1, 2), None),  # two posts have one gap, which is no habit
        ((1, 2, 3), 1.0),
        ((1, 8, 15, 22), 7.0),
        ((1, 2, 3, 90), 1.0),  # one long holiday changes nothing
        ((15, 1, 22, 8), 7.0),  # in whatever order the feed has them
        ((1, 1, 1), 0.0),
        ((0, 1 / 3, 2 / 3), 0.33),
    ],
)
def test_pace_is_the_median_gap_between_posts(days: tuple[float, ...], pace: float | None) -> None:
    assert pace_days(days_ago(*days)) == pace


# --- Silence ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "pace", "text"),
    [
        (None, 1.0, ""),  # nothing was ever published
        (34.9, 1.0, ""),
        (35, 1.0, "silent for five weeks"),
        (35, None, "silent for five weeks"),
        (41.9, 1.0, "silent for five weeks"),
        (42, 1.0, "silent for six weeks"),
        (84, 1.0, "silent for twelve weeks"),
        (91, 1.0, "silent for 13 weeks"),
        (51 * 7, 1.0, "silent for 51 weeks"),
        (52 * 7, 1.0, "silent since March 2018"),
        (60, 14.0, ""),  # five paces are ten weeks
        (70, 14.0, "silent for ten weeks"),
        (100, 30.0, ""),
    ],
)
def test_silence_is_reported_where_it_is_unusual(newest: float | None, pace: float | None, text: str) -> None:
    moment = None if newest is None else NOW - timedelta(days=newest)
    assert silence(moment, pace, NOW) == text


def test_a_source_whose_newest_post_is_in_the_future_is_not_silent() -> None:
    assert silence(NOW + timedelta(days=400), 1.0, NOW) == ""


# --- The next visit ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ttl", "fresh_for", "wait"),
    [
        (None, None, None),
        (0.0, 0.0, None),
        (-60.0, None, None),
        (3600.0, None, timedelta(hours=1)),
        (None, 600.0, timedelta(minutes=10)),
        (3600.0, 600.0, timedelta(hours=1)),
        (600.0, 3600.0, timedelta(hours=1)),
        (7 * 86_400.0, None, timedelta(days=1)),  # no server makes the digest miss a week
        (None, 1e12, timedelta(days=1)),
    ],
)
def test_the_next_fetch_waits_as_long_as_feed_and_server_ask(
    ttl: float | None, fresh_for: float | None, wait: timedelta | None
) -> None:
    assert next_visit(NOW, ttl=ttl, fresh_for=fresh_for) == (None if wait is None else NOW + wait)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 30), (1, 30), (2, 60), (3, 120), (4, 240), (5, 360), (6, 360), (1_000, 360)]
)
def test_the_wait_doubles_with_each_failure_in_a_row(failures: int, minutes: int) -> None:
    assert after_failure(NOW, failures=failures, retry_after=None) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (0.0, FIRST_BACK_OFF),
        (60.0, FIRST_BACK_OFF),  # never sooner than we would ourselves
        (7_200.0, timedelta(hours=2)),
        (1e9, LONGEST_WAIT),
    ],
)
def test_retry_after_sets_the_next_fetch(retry_after: float, wait: timedelta) -> None:
    assert after_failure(NOW, failures=1, retry_after=retry_after) == NOW + wait


def test_a_feed_that_is_gone_is_asked_for_once_a_day() -> None:
    assert after_failure(NOW, failures=1, retry_after=None, gone=True) == NOW + timedelta(days=1)
    assert after_failure(NOW, failures=9, retry_after=60.0, gone=True) == NOW + timedelta(days=1)


@given(
    st.integers(0, 10**6),
    st.none() | st.floats(0, 1e12, allow_nan=False),
    st.booleans(),
)
def test_a_failed_source_is_asked_again_within_a_day(failures: int, retry_after: float | None, gone: bool) -> None:
    at = after_failure(NOW, failures=failures, retry_after=retry_after, gone=gone)
    assert NOW + FIRST_BACK_OFF <= at <= NOW + LONGEST_WAIT
    assert retry_after is not None or gone or at <= NOW + LONGEST_BACK_OFF


def test_a_source_is_healthy_where_its_feed_could_be_read() -> None:
    assert [outcome for outcome in Outcome if is_healthy(outcome)] == [
        outcome for outcome in Outcome if outcome not in (Outcome.ERROR, Outcome.GONE)
    ]
    assert not is_healthy("")  # never visited
