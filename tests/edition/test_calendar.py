"""Which weeks have an edition, which do not, and what each waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.calendar import CalendarWeek, EditionFacts, Planned, WeekState, calendar, lines_of
from digest.edition.schedule import PlannedMoment
from digest.model import DeliveryCounts, EditionStatus
from digest.week import Cutoff, Week, latest_closed, window_of

LONDON, CUTOFF = ZoneInfo("Europe/London"), Cutoff.parse("MON 00:00")


def as_planned(moment: datetime) -> PlannedMoment:
    return PlannedMoment(moment, moment)


PLANNED = Planned(
    lambda week: window_of(week, CUTOFF, LONDON),
    lambda week: as_planned(window_of(week, CUTOFF, LONDON).ends + timedelta(hours=6)),
)
MONDAY = datetime(2019, 3, 25, tzinfo=UTC)  # the cut-off of 2019-W12
NOW = MONDAY + timedelta(days=1)
W8, W12, W13, FAR = Week(2019, 8), Week(2019, 12), Week(2019, 13), Week(2030, 1)
SENT = EditionFacts(EditionStatus.SENT, 5, DeliveryCounts(sent=3))
DRAFT = EditionFacts(EditionStatus.DRAFT, 5, DeliveryCounts(), made_at=MONDAY + timedelta(hours=6))


def weeks(facts: dict[Week, EditionFacts], now: datetime = NOW) -> list[CalendarWeek]:
    return calendar(facts, latest_closed(now, CUTOFF, LONDON), PLANNED, now)


def only(facts: EditionFacts, now: datetime = NOW) -> CalendarWeek:
    (week,) = weeks({W12: facts}, now)
    return week


def test_no_edition_yet_is_no_week() -> None:
    assert weeks({}) == []


def test_a_week_without_an_edition_is_missing_from_the_time_of_its_draft_on() -> None:
    before, after = (weeks({W8: SENT}, MONDAY + timedelta(hours=hours))[-1] for hours in (5.9, 6))
    assert (before.state, before.is_unfinished, before.remedy) == (WeekState.EXPECTED, False, "")
    assert (after.state, after.week, after.since) == (WeekState.MISSING, W12, MONDAY + timedelta(hours=6))
    since = "2019-W12 has no edition since 2019-03-25 06:00 UTC"
    assert after.sentence == f"{since}: `digest compose --week 2019-W12`, or `digest skip 2019-W12`"


def test_a_draft_does_not_vanish_behind_the_next_edition() -> None:
    names = [each.week for each in weeks({W8: SENT, Week(2019, 9): DRAFT, W12: SENT}) if each.is_unfinished]
    assert names == [Week(2019, 9), Week(2019, 10), Week(2019, 11)]


@pytest.mark.parametrize("status", list(EditionStatus))
def test_an_edition_of_a_far_week_hides_nothing(status: EditionStatus) -> None:
    far = EditionFacts(status, 0, DeliveryCounts())
    unfinished = [each.week for each in weeks({Week(2019, 11): SENT, FAR: far}) if each.is_unfinished]
    assert W12 in unfinished
    assert len([each for each in weeks({W8: SENT, FAR: far}) if each.week > W12]) == 1


@pytest.mark.parametrize("status", [EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.SKIPPED])
def test_a_mistyped_week_without_posts_is_listed_without_making_every_week_since_missing(status: EditionStatus) -> None:
    mistyped = EditionFacts(status, 0, DeliveryCounts(), made_at=NOW)
    rows = weeks({Week(1912, 12): mistyped, W12: SENT})
    assert [each.week for each in rows] == [Week(1912, 12), W12]
    assert rows[0].remedy == ("" if status is EditionStatus.SKIPPED else "digest skip 1912-W12"), "approving is refused"
    assert rows[0].about == {"draft": "is a draft without posts", "held": "is held, without posts"}.get(
        status, "was skipped"
    )


def test_a_mistyped_past_week_with_posts_is_not_the_first_edition() -> None:
    mistyped = EditionFacts(EditionStatus.DRAFT, 5, DeliveryCounts(), made_at=NOW)
    assert [each.week for each in weeks({Week(2018, 12): mistyped, W12: SENT})] == [Week(2018, 12), W12]


def test_a_draft_of_a_week_that_has_not_closed_waits_for_nobody() -> None:
    early = weeks({W12: SENT, W13: DRAFT})[-1]
    assert (early.state, early.is_unfinished) == (WeekState.EARLY, False)
    assert weeks({W12: SENT, W13: DRAFT}, NOW + timedelta(days=7))[-1].state is WeekState.DRAFT


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        (DRAFT, WeekState.DRAFT, "waits for approval"),
        (EditionFacts(EditionStatus.DRAFT, 5, DeliveryCounts(), first_approval="Ann"), WeekState.DRAFT, "after Ann's"),
        (EditionFacts(EditionStatus.HELD, 5, DeliveryCounts(sent=1, queued=2)), WeekState.ON_HOLD, "2 of 3 to go"),
        (EditionFacts(EditionStatus.APPROVED, 5, DeliveryCounts(), begins=NOW), WeekState.DUE, "not sent yet"),
        (
            EditionFacts(EditionStatus.APPROVED, 5, DeliveryCounts(), begins=MONDAY, overdue=MONDAY),
            WeekState.OVERDUE,
            "overdue",
        ),
        (EditionFacts(EditionStatus.SENDING, 5, DeliveryCounts(sent=1, deferred=1)), WeekState.SENDING, "1 of 2"),
        (
            EditionFacts(EditionStatus.SENDING, 5, DeliveryCounts(queued=1), begins=MONDAY, overdue=MONDAY),
            WeekState.OVERDUE,
            "interrupted",
        ),
        (
            EditionFacts(EditionStatus.SENDING, 5, DeliveryCounts(queued=1), paused_at=NOW, paused_by="Bo"),
            WeekState.PAUSED,
            "paused by Bo",
        ),
        (EditionFacts(EditionStatus.SENT, 5, DeliveryCounts(sent=1, queued=1)), WeekState.SENDING, "1 of 2 to go"),
    ],
)
def test_what_somebody_has_to_do_something_about(facts: EditionFacts, state: WeekState, words: str) -> None:
    week = only(facts)
    assert (week.state, week.is_unfinished) == (state, True)
    assert words in week.about
    assert week.remedy.endswith(" 2019-W12")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (EditionFacts(EditionStatus.APPROVED, 5, DeliveryCounts(), begins=NOW + timedelta(hours=1)), "goes out 2019"),
        (EditionFacts(EditionStatus.SENT, 5, DeliveryCounts(sent=2, failed=1)), "2 of 3, 1 failed"),
        (EditionFacts(EditionStatus.SKIPPED, 0, DeliveryCounts()), "skipped"),
    ],
)
def test_what_needs_nothing(facts: EditionFacts, words: str) -> None:
    week = only(facts)
    assert not week.is_unfinished
    assert words in week.about
    assert not week.remedy


def test_a_long_run_of_missing_weeks_is_one_line_and_five_are_five() -> None:
    five, many = weeks({Week(2019, 7): SENT}), weeks({Week(2018, 7): SENT, Week(2019, 9): DRAFT})
    assert len(lines_of(each for each in five if each.is_unfinished)) == 5
    assert [line.partition(" has")[0].partition(" wait")[0] for line in lines_of(many[1:])] == [
        "2018-W08 to 2019-W08 have no edition: 53 weeks. `digest skip W` settles a week",
        "2019-W09",
        "2019-W10",
        "2019-W11",
        "2019-W12",
    ]


_FACTS = st.builds(
    EditionFacts,
    st.sampled_from(EditionStatus),
    st.integers(0, 3),
    st.builds(DeliveryCounts, queued=st.integers(0, 2), sent=st.integers(0, 2)),
    begins=st.none() | st.just(NOW - timedelta(hours=1)) | st.just(NOW + timedelta(hours=1)),
)
_ALL = st.dictionaries(st.integers(-60, 8).map(W12.shift), _FACTS, max_size=12)


@given(_ALL)
def test_every_week_since_the_first_edition_is_there_once(facts: dict[Week, EditionFacts]) -> None:
    rows = weeks(facts)
    names = [each.week for each in rows]
    assert names == sorted(set(names))
    assert set(facts) <= set(names)
    real = [
        week
        for week, each in facts.items()
        if each.posts or each.status in (EditionStatus.APPROVED, EditionStatus.SENDING, EditionStatus.SENT)
    ]
    if real and min(real) <= W12:
        assert {min(real).shift(n) for n in range(100) if min(real).shift(n) <= W12} <= set(names)
    assert all((each.facts is None) == (each.week not in facts) for each in rows)
    assert all(each.week <= W12 for each in rows if each.facts is None)


@given(_ALL, st.integers(-60, 8).map(W12.shift), _FACTS)
def test_another_edition_never_hides_one_that_is_unfinished(
    facts: dict[Week, EditionFacts], week: Week, other: EditionFacts
) -> None:
    before = {each.week for each in weeks(facts) if each.is_unfinished}
    after = {each.week for each in weeks({**facts, week: other}) if each.is_unfinished}
    assert before - {week} <= after
