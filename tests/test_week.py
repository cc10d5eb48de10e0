"""Weeks and their windows, right in every time zone, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from digest.errors import UsageError
from digest.week import DAYS, Cutoff, Week, cutoff_of, latest_closed, week_of, window_of

LONDON = ZoneInfo("Europe/London")
DEFAULT = Cutoff.parse("MON 00:00")
ZONES = sorted(available_timezones() - {"localtime"})
YEARS = (2019, 2022, 2026)

zones = st.sampled_from(ZONES).map(ZoneInfo)
cutoffs = st.builds(Cutoff, st.integers(0, 6), st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59])))
weeks = st.dates(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)).map(Week.of)
moments = st.integers(0, 8 * 366 * 24 * 60).map(lambda past: datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=past))


def test_the_default_week_ends_with_its_sunday() -> None:
    window = window_of(Week(2019, 12), DEFAULT, LONDON)
    assert window.starts == datetime(2019, 3, 18, tzinfo=UTC)
    assert window.ends == datetime(2019, 3, 25, tzinfo=UTC)


def test_the_week_of_the_spring_change_is_an_hour_shorter() -> None:
    window = window_of(Week(2019, 13), DEFAULT, LONDON)
    assert window.ends == datetime(2019, 3, 31, 23, tzinfo=UTC)
    assert window.ends - window.starts == timedelta(days=7, hours=-1)


def test_the_week_of_the_autumn_change_is_an_hour_longer() -> None:
    window = window_of(Week(2019, 43), DEFAULT, LONDON)
    assert window.ends - window.starts == timedelta(days=7, hours=1)


def test_a_cut_off_within_the_week_belongs_to_it() -> None:
    window = window_of(Week(2019, 12), Cutoff.parse("FRI 12:00"), LONDON)
    assert window.starts == datetime(2019, 3, 15, 12, tzinfo=UTC)
    assert window.ends == datetime(2019, 3, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("MON 00:00", datetime(2019, 3, 25, tzinfo=UTC)),  # the end of Sunday
        ("MON 00:01", datetime(2019, 3, 18, 0, 1, tzinfo=UTC)),
        ("MON 09:00", datetime(2019, 3, 18, 9, tzinfo=UTC)),
        ("TUE 00:00", datetime(2019, 3, 19, tzinfo=UTC)),
        ("SUN 23:59", datetime(2019, 3, 24, 23, 59, tzinfo=UTC)),
    ],
)
def test_only_midnight_of_monday_is_the_end_of_sunday(text: str, ends: datetime) -> None:
    assert cutoff_of(Week(2019, 12), Cutoff.parse(text), LONDON) == ends


def test_a_window_holds_its_start_and_not_its_end() -> None:
    window = window_of(Week(2019, 12), DEFAULT, LONDON)
    assert window.starts in window
    assert window.ends - timedelta(microseconds=1) in window
    assert window.ends not in window
    assert window.starts - timedelta(microseconds=1) not in window


def test_a_cut_off_that_the_clocks_skip_is_the_moment_they_jump() -> None:
    # Havana's clocks go from 0:00 to 1:00; Sunday 00:30 does not exist on 10 March 2019.
    moment = cutoff_of(Week(2019, 10), Cutoff.parse("SUN 00:30"), ZoneInfo("America/Havana"))
    assert moment == datetime(2019, 3, 10, 5, tzinfo=UTC)


def test_a_cut_off_that_comes_twice_is_the_first() -> None:
    moment = cutoff_of(Week(2019, 43), Cutoff.parse("SUN 01:30"), LONDON)
    assert moment == datetime(2019, 10, 27, 0, 30, tzinfo=UTC)


def test_a_day_skipped_by_a_time_zone_is_handled() -> None:
    # Samoa had no 30 December 2011.
    samoa = ZoneInfo("Pacific/Apia")
    window = window_of(Week(2011, 52), Cutoff.parse("FRI 12:00"), samoa)
    after = window_of(Week(2012, 1), Cutoff.parse("FRI 12:00"), samoa)
    assert window.starts < window.ends == after.starts < after.ends


@pytest.mark.parametrize("year", YEARS)
def test_the_windows_of_every_zone_follow_one_another(year: int) -> None:
    """For each zone of tzdata and each week of the year: about a week long, cut at midnight by the wall clock."""
    for name in ZONES:
        zone = ZoneInfo(name)
        before = cutoff_of(Week(year, 1).shift(-1), DEFAULT, zone)
        for number in range(1, 53):
            week = Week(year, number)
            ends = cutoff_of(week, DEFAULT, zone)
            assert abs(ends - before - timedelta(days=7)) <= timedelta(hours=3), (name, week)
            local = ends.astimezone(zone)
            # Where midnight does not exist, the first moment after it does.
            assert local.date() == week.monday() + timedelta(days=7), (name, week)
            assert local.time() <= time(1, 0), (name, week)
            before = ends


@given(weeks, cutoffs, zones)
def test_one_edition_begins_where_the_one_before_ended(week: Week, cutoff: Cutoff, zone: ZoneInfo) -> None:
    window = window_of(week, cutoff, zone)
    assert window.ends == window_of(week.shift(1), cutoff, zone).starts
    assert timedelta(days=6) < window.ends - window.starts < timedelta(days=8)


@given(weeks, cutoffs, zones)
def test_the_cut_off_is_at_its_wall_time_or_where_the_clocks_jumped_over_it(
    week: Week, cutoff: Cutoff, zone: ZoneInfo
) -> None:
    moment = cutoff_of(week, cutoff, zone)
    wall = moment.astimezone(zone)
    before = (moment - timedelta(seconds=1)).astimezone(zone)
    jumped = wall.utcoffset() != before.utcoffset()
    assert (wall.weekday(), wall.time()) == (cutoff.weekday, cutoff.at) or jumped


@given(moments, cutoffs, zones)
def test_every_moment_belongs_to_exactly_one_week(moment: datetime, cutoff: Cutoff, zone: ZoneInfo) -> None:
    week = week_of(moment, cutoff, zone)
    assert moment in window_of(week, cutoff, zone)
    assert moment not in window_of(week.shift(-1), cutoff, zone)
    assert moment not in window_of(week.shift(1), cutoff, zone)
    closed = latest_closed(moment, cutoff, zone)
    assert cutoff_of(closed, cutoff, zone) <= moment < cutoff_of(closed.shift(1), cutoff, zone)


@given(weeks, cutoffs, zones)
def test_the_start_belongs_to_the_week_and_the_end_to_the_next(week: Week, cutoff: Cutoff, zone: ZoneInfo) -> None:
    window = window_of(week, cutoff, zone)
    assert week_of(window.starts, cutoff, zone) == week
    assert week_of(window.ends, cutoff, zone) == week.shift(1)
    assert week_of(window.ends - timedelta(microseconds=1), cutoff, zone) == week


@given(weeks, st.integers(-300, 300))
def test_shifting_a_week_forward_and_back_gives_the_same_week(week: Week, by: int) -> None:
    assert week.shift(by).shift(-by) == week
    assert Week.parse(str(week)) == week
    assert week < week.shift(1)
    assert str(week) < str(week.shift(1))


@pytest.mark.parametrize(
    ("text", "week"), [("2019-W12", (2019, 12)), (" 2019w1 ", (2019, 1)), ("2020-W53", (2020, 53))]
)
def test_weeks_are_read(text: str, week: tuple[int, int]) -> None:
    assert Week.parse(text) == Week(*week)


@pytest.mark.parametrize("text", ["", "12", "2019-12", "2019-W54", "2019-W53", "2019-W00", "W12", "2019-W1x"])
def test_rejects_what_is_no_week(text: str) -> None:
    with pytest.raises(UsageError):
        Week.parse(text)


def test_weeks_in_json_are_text() -> None:
    adapter = TypeAdapter(Week)
    assert adapter.validate_python("2019-W12") == Week(2019, 12)
    assert adapter.validate_python(Week(2019, 12)) == Week(2019, 12)
    assert adapter.dump_json(Week(2019, 12)) == b'"2019-W12"'


@pytest.mark.parametrize(("value", "message"), [(12, "a week is text, such as 2019-W12"), ("12", "'12' is not a week")])
def test_json_that_is_no_week_is_rejected(value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Week).validate_python(value)


@pytest.mark.parametrize("text", ["", "MON", "00:00", "MON 24:00", "XYZ 10:00", "MON 10:60"])
def test_rejects_what_is_no_cut_off(text: str) -> None:
    with pytest.raises(ValueError, match="MON 00:00"):
        Cutoff.parse(text)


@pytest.mark.parametrize(("number", "day"), list(enumerate(DAYS)))
def test_days_are_read_by_name(number: int, day: str) -> None:
    assert Cutoff.parse(f"{day.lower()} 9:05") == Cutoff(number, time(9, 5))
    assert Cutoff.parse("Friday 12:00") == Cutoff(4, time(12))
