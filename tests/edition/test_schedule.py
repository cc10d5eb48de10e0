"""What public holidays make of the schedule: over ten years, across changes of the clocks, and in other time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.schedule import around_holidays, draft_of, moments, next_drafts, sending_of
from digest.errors import SettingsError
from digest.public_holidays import holidays_of
from digest.settings import Settings, parse_settings
from digest.week import Week, moment_of, window_of

ENGLAND, LONDON = holidays_of("GB-ENG"), ZoneInfo("Europe/London")
ZONES = [LONDON, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland"), ZoneInfo("Australia/Lord_Howe")]
_TEN_YEARS = st.builds(
    datetime.combine,
    st.dates(date(2019, 1, 1), date(2028, 12, 31)),
    st.times().map(lambda one: one.replace(microsecond=0)),
)
MAY_DAY = Week(2019, 18)  # it closes on Monday 6 May 2019


def settings_with(lines: str, timezone: str = "Europe/London") -> Settings:
    newsletter = f'title="T"\nfrom="d@example.org"\ntimezone="{timezone}"\n'
    return parse_settings(f"[newsletter]\n{newsletter}[schedule]\n{lines}", path=Path("digest.toml"))


@given(_TEN_YEARS, st.sampled_from(ZONES), st.sampled_from(["next-working-day", "skip", "run"]))
def test_only_a_holiday_changes_a_plan_and_what_comes_of_it_is_a_working_day_at_the_same_time(
    wall: datetime, zone: ZoneInfo, on_holiday: str
) -> None:
    moment = moment_of(wall, zone)
    planned = around_holidays(moment, zone, ENGLAND, on_holiday)
    local = moment.astimezone(zone)
    if not ENGLAND.name_of(local.date()) or on_holiday == "run":
        assert (planned.at, planned.holiday, planned.because) == (moment, "", "")
        return
    assert planned.holiday == ENGLAND.name_of(local.date())
    assert f"{local.day} {local:%B %Y} is {planned.holiday}" in planned.because
    if on_holiday == "skip":
        assert planned.at is None
        return
    assert planned.at is not None
    then = planned.at.astimezone(zone)
    assert ENGLAND.is_working_day(then.date())
    assert moment < planned.at < moment + timedelta(days=8)
    between = (then.date() - local.date()).days
    assert not any(ENGLAND.is_working_day(local.date() + timedelta(days=n)) for n in range(1, between))
    # The same time of day, unless the clocks skip it: then the moment of the jump.
    assert planned.at == moment_of(datetime.combine(then.date(), local.time()), zone)
    skips = planned.at.astimezone(zone).time() != local.time()
    assert not skips or then.utcoffset() != (then - timedelta(hours=3)).astimezone(UTC).astimezone(zone).utcoffset()


@pytest.mark.parametrize("timezone", [str(zone) for zone in ZONES])
@pytest.mark.parametrize("cron", ["0 6 * * MON", "30 1 * * SUN", "0 0 * * FRI"])
def test_ten_years_of_drafts_come_in_order_once_for_each_week(timezone: str, cron: str) -> None:
    settings = settings_with(f'compose = "{cron}"\nholidays = "GB-ENG"\n', timezone)
    weeks = [Week(2019, 1).shift(number) for number in range(522)]
    drafts = [draft_of(settings, week) for week in weeks]
    at = [draft.at for draft in drafts if draft.at is not None]
    assert len(at) == len(weeks)
    assert all(earlier < later for earlier, later in pairwise(at))
    for week, draft in zip(weeks, drafts, strict=True):
        closes = window_of(week, settings.newsletter.cutoff, settings.newsletter.zone).ends
        assert closes <= draft.planned < closes + timedelta(days=7, hours=2)


def test_a_whole_decade_skips_what_it_does_not_move() -> None:
    moving, skipping, running = (
        settings_with(f'holidays = "GB-ENG"\non_holiday = "{rule}"\n') for rule in ("next-working-day", "skip", "run")
    )
    weeks = [Week(2019, 1).shift(number) for number in range(522)]
    changed = [week for week in weeks if draft_of(moving, week).holiday]
    assert 30 < len(changed) < 60  # most bank holidays are Mondays
    assert changed == [week for week in weeks if draft_of(skipping, week).at is None]
    assert all(draft_of(running, week).at == draft_of(running, week).planned for week in weeks)


def test_a_draft_due_on_may_day_is_made_on_tuesday() -> None:
    settings = settings_with('holidays = "GB-ENG"\n')
    draft = draft_of(settings, MAY_DAY)
    assert draft.at == datetime(2019, 5, 7, 5, tzinfo=UTC)
    assert draft.because == "6 May 2019 is May Day"
    christmas = draft_of(settings, Week(2028, 51))  # Monday 25 December; Tuesday is Boxing Day
    assert christmas.at == datetime(2028, 12, 27, 6, tzinfo=UTC)


@pytest.mark.parametrize("cutoff", ["MON 00:00", "FRI 12:00"])
def test_a_draft_is_made_while_its_week_is_the_last_closed_one(cutoff: str) -> None:
    """Good Friday, the weekend and Easter Monday together reach over the next cut-off; afterwards nobody composes."""
    newsletter = f'title="T"\nfrom="d@example.org"\ncutoff="{cutoff}"\n'
    schedule = 'compose = "0 6 * * FRI"\nholidays = "GB-ENG"\n'
    settings = parse_settings(f"[newsletter]\n{newsletter}[schedule]\n{schedule}", path=Path("digest.toml"))
    week = Week(2019, 1)
    for _ in range(10 * 52):
        draft, following = draft_of(settings, week), week.shift(1)
        assert draft.at is not None
        closes = [window_of(each, settings.newsletter.cutoff, LONDON).ends for each in (week, following)]
        assert closes[0] <= draft.at < closes[1], week
        week = following


def test_what_comes_next_is_said_with_what_a_holiday_changed() -> None:
    moving, skipping = (
        settings_with(f'holidays = "GB-ENG"\non_holiday = "{r}"\n') for r in ("next-working-day", "skip")
    )
    friday, monday = datetime(2019, 5, 3, 12, tzinfo=UTC), datetime(2019, 5, 6, 12, tzinfo=UTC)
    tuesday = datetime(2019, 5, 7, 5, tzinfo=UTC)
    for now in (friday, monday):
        (one,) = next_drafts(moving, now)
        assert one.at == tuesday
    (after,) = next_drafts(moving, tuesday)
    assert after.at == datetime(2019, 5, 13, 5, tzinfo=UTC)
    skipped, following = next_drafts(skipping, friday)
    assert (skipped.at, skipped.because) == (None, "6 May 2019 is May Day")
    assert following.at == after.at
    assert next_drafts(settings_with('compose = ""\n'), friday) == []


def test_an_edition_that_would_go_out_on_a_holiday_goes_out_on_the_next_working_day() -> None:
    for rule in ("next-working-day", "skip"):
        settings = settings_with(
            f'compose = "0 6 * * FRI"\nsend = "0 8 * * MON"\nholidays = "GB-ENG"\non_holiday = "{rule}"\n'
        )
        assert sending_of(settings, Week(2019, 17)) == datetime(2019, 4, 29, 7, tzinfo=UTC)
        assert sending_of(settings, MAY_DAY) == datetime(2019, 5, 7, 7, tzinfo=UTC)


@given(_TEN_YEARS, st.sampled_from(ZONES))
def test_moments_are_in_order_and_none_is_before_its_beginning(wall: datetime, zone: ZoneInfo) -> None:
    since = moment_of(wall, zone)
    found = [moment for moment, _ in zip(moments("30 1 * * *", since, zone), range(5), strict=False)]
    assert found[0] >= since
    assert all(timedelta(hours=22) < later - earlier < timedelta(hours=26) for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("place", "words"),
    [("GB-XXX", "ENG, NIR, SCT, WLS"), ("Atlantis", 'such as "GB-ENG"'), ("VA-1", "it has none"), ("gb-eng", "GB-ENG")],
)
def test_an_unknown_place_is_an_error_with_what_there_is(place: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings_with(f'holidays = "{place}"\n')


def test_days_off_are_known_by_place() -> None:
    assert holidays_of("DE-BY").name_of(date(2026, 1, 6))
    assert not holidays_of("DE").name_of(date(2026, 1, 6))
    assert not ENGLAND.is_working_day(date(2026, 12, 26))
