"""Which mailing has which month, and which posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from digest.edition.month import Due, choose, due_with, month_of
from digest.model import Edition, EditionPost, Section
from digest.week import Cutoff, Week

LONDON = ZoneInfo("Europe/London")
OF_SUNDAY = partial(month_of, cutoff=Cutoff.parse("MON 00:00"), zone=LONDON)
FIRST = Week(2019, 1)


def week(number: int) -> Week:
    return Week(2019, number)


def test_month_is_that_of_the_last_day_before_the_cut_off() -> None:
    assert [OF_SUNDAY(week(number)) for number in (9, 13, 14)] == ["2019-03", "2019-03", "2019-04"]
    fridays = partial(month_of, cutoff=Cutoff.parse("FRI 12:00"), zone=LONDON)
    assert [fridays(week(number)) for number in (9, 13, 18)] == ["2019-03", "2019-03", "2019-05"]
    assert month_of(week(13), Cutoff.parse("MON 00:00"), ZoneInfo("Pacific/Auckland")) == "2019-03"


def test_last_edition_of_a_month_has_it_and_the_next_one_where_that_is_skipped() -> None:
    march = (week(9), week(10), week(12))
    assert due_with(week(12), march[:2], OF_SUNDAY) == Due()
    assert due_with(week(13), march, OF_SUNDAY) == Due(("2019-03",), (*march, week(13)))
    assert due_with(week(14), march, OF_SUNDAY) == Due(("2019-03",), march)
    assert due_with(week(14), (*march, week(13)), OF_SUNDAY) == Due()
    assert due_with(week(17), march, OF_SUNDAY) == Due(("2019-03", "2019-04"), (*march, week(17)))
    assert due_with(week(13), (*march, week(14)), OF_SUNDAY) == Due(), "an older edition that is sent late"


@given(st.sets(st.integers(0, 200), min_size=1), st.sampled_from(["MON 00:00", "FRI 12:00", "WED 09:30"]))
@example({0, 3, 4, 8}, "MON 00:00")
def test_each_month_with_an_edition_goes_out_once(offsets: set[int], cutoff: str) -> None:
    of = partial(month_of, cutoff=Cutoff.parse(cutoff), zone=LONDON)
    weeks = [FIRST.shift(offset) for offset in sorted(offsets)]
    sent: list[Week] = []
    months: list[str] = []
    parts: list[Week] = []
    for each in weeks:
        due = due_with(each, sent, of)
        assert due == due_with(each, [*sent, each], of), "going on with sending changes nothing"
        assert list(due.months) == list(dict.fromkeys(map(of, due.weeks)))
        months += due.months
        parts += due.weeks
        sent.append(each)
    over = of(weeks[-1].shift(1))
    assert months == sorted({of(each) for each in weeks if of(each) < over}), "each once, in order"
    assert parts == [each for each in weeks if of(each) < over], "with all of its editions"


@given(st.lists(st.integers(0, 60), unique=True))
def test_no_month_goes_out_twice_in_whatever_order_editions_are_sent(offsets: list[int]) -> None:
    weeks = [FIRST.shift(offset) for offset in offsets]
    months = [month for place, each in enumerate(weeks) for month in due_with(each, weeks[:place], OF_SUNDAY).months]
    assert len(months) == len(set(months))


def post(name: str, *, lead: bool = False, short: bool = False) -> EditionPost:
    at = datetime(2019, 3, 20, tzinfo=UTC)
    url = f"https://x.example/{name}"
    return EditionPost(name, name, url, "Source", "", at, () if short else ("Words.",), "", (), lead=lead, short=short)


def edition(number: int, *sections: Section, lead: str = "") -> Edition:
    at = datetime(2019, 3, 25, tzinfo=UTC)
    return Edition(week(number), 1, "Title", at, at, sections, introduction="This week", lead=lead)


def test_posts_that_lead_their_sections_make_the_month() -> None:
    first = edition(12, Section("comms", "Comms", (post("a", lead=True), post("b"))), lead="a")
    civic = Section("civic-tech", "Civic tech", (post("c", short=True), post("d", lead=True)))
    second = edition(13, Section("comms", "Communications", (post("e", lead=True),)), civic, lead="d")
    due = Due(("2019-03",), (week(12), week(13)))
    month = choose(due, [first, second])
    assert month is not None
    assert (month.months, month.weeks, month.lead) == (("2019-03",), (week(12), week(13)), "d")
    assert [(one.title, [each.id for each in one.posts]) for one in month.sections] == [
        ("Civic tech", ["d"]),
        ("Communications", ["a", "e"]),
    ]
    assert [each.lead for one in month.sections for each in one.posts] == [True, True, False]
    assert choose(due, [replace(first, sections=())]) is None
