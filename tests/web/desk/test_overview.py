"""The overview, the subscribers' page and what was learned."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.edition.calendar import CalendarWeek, EditionFacts, Planned, calendar
from digest.edition.editing.change import Change, Verb
from digest.edition.schedule import PlannedMoment
from digest.model import BounceHold, DeliveryCounts, EditionStatus
from digest.steps import learned
from digest.steps.collecting.source_health import SourceHealth
from digest.steps.editing.changes import change
from digest.web.desk.needs_look import needs_look
from digest.week import Cutoff, Week, cutoff_of, window_of
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import HOSTILE, ServedDesk, serve_desk

NOW = datetime(2026, 3, 9, tzinfo=UTC)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
CUTOFF, UTC_ZONE = Cutoff.parse("MON 00:00"), ZoneInfo("UTC")


def weeks(last: int, *editions: tuple[int, EditionFacts]) -> list[CalendarWeek]:
    """The calendar of 2026 up to a week, with these editions in it."""

    def draft_of(week: Week) -> PlannedMoment:
        closes = cutoff_of(week, CUTOFF, UTC_ZONE)
        return PlannedMoment(closes, closes)

    planned = Planned(lambda week: window_of(week, CUTOFF, UTC_ZONE), draft_of)
    return calendar({Week(2026, week): facts for week, facts in editions}, Week(2026, last), planned, LATER)


def edition(week: int, status: EditionStatus = EditionStatus.SENT, **counts: int) -> tuple[int, EditionFacts]:
    return week, EditionFacts(status, 5, DeliveryCounts(**counts))


def source(name: str, **values: Any) -> SourceHealth:
    plain = SourceHealth(name, "f", True, "ok", "", NOW, NOW, 0, NOW, 2.0, "", "", "", None, None, 5)
    return replace(plain, **values)


def test_nothing_needs_a_look_when_all_is_in_order() -> None:
    calm = weeks(10, edition(10, EditionStatus.DRAFT), edition(9), edition(8, EditionStatus.SKIPPED))
    sources = [source("A"), source("B", active=False, outcome="error")]
    assert needs_look(calm, sources, [], "", besides=Week(2026, 10)) == []
    assert needs_look(weeks(10), [], [], "") == []


def test_what_needs_a_look_comes_with_the_place_where_it_is_settled() -> None:
    odd = (30, EditionFacts(EditionStatus.SKIPPED, 0, DeliveryCounts()))
    rows = weeks(
        10,
        odd,
        edition(10, EditionStatus.DRAFT),
        edition(8, failed=2, uncertain=1),
        edition(5, EditionStatus.HELD),
        edition(4, EditionStatus.DRAFT),
    )
    sources = [
        source("Gone", outcome="gone", gone_at=NOW),
        source("Once", outcome="error", failures=1),
        source("a/b", moved_to="https://new.example/"),
        source("Quiet", silence="silent for nine weeks"),
    ]
    hold = BounceHold("2026-W08", "", 7, 60, 2, ("5.7.1",), "no")
    found = needs_look(rows, sources, [hold], "It is bad.", obstacle="It is a copy.", besides=Week(2026, 10))
    looks = [(each.kind, each.text, each.url) for each in found]
    assert looks == [
        ("settings", "The settings file cannot be used as it is now. It is bad.", ""),
        ("store", "Nothing is sent from here. It is a copy.", ""),
        ("missing", "Week 9 (2026-W09) has no edition.", ""),
        ("missing", "Week 7 (2026-W07) has no edition.", ""),
        ("missing", "Week 6 (2026-W06) has no edition.", ""),
        ("draft", "Week 5 (2026-W05) is held.", "/editions/2026-W05"),
        ("draft", "Week 4 (2026-W04) waits for approval.", "/editions/2026-W04"),
        (
            "delivery",
            "Week 8 (2026-W08): of its deliveries, 2 failed and 1 uncertain.",
            "/editions/2026-W08/deliveries",
        ),
        ("bounces", "2026-W08: 7 bounces are on hold. Nobody is suppressed until somebody decides.", "/subscribers"),
        ("source", "Gone brings nothing any more.", "/sources/Gone"),
        ("source", "Once could not be read at the last visit.", "/sources/Once"),
        ("move", "a/b has a new address: https://new.example/", "/sources/a%2Fb"),
        ("source", "Quiet has been silent for far longer than usual.", "/sources/Quiet"),
    ]


def test_the_overdue_edition_needs_a_look_although_it_has_a_place_of_its_own() -> None:
    facts = EditionFacts(EditionStatus.APPROVED, 5, DeliveryCounts(), begins=NOW, overdue=NOW)
    (look,) = needs_look(weeks(10, (10, facts)), [], [], "", besides=Week(2026, 10))
    assert (look.text, look.command) == ("Week 10 (2026-W10) is approved and overdue.", "digest send 2026-W10")


def test_many_things_of_a_kind_are_one_line() -> None:
    dead = [source(f"S{n}", outcome="error", failures=9) for n in range(40)]
    texts = [each.text for each in needs_look(weeks(53, edition(10), edition(1)), dead, [], "")]
    assert "40 sources bring nothing any more." in texts
    assert len(texts) < 12


def test_the_overview_says_first_what_happens_next(still_desk: ServedDesk) -> None:
    page = still_desk.page("/")
    assert "goes out to 3 once approved" in page
    assert "The next draft is made Mon 16 Mar 2026, 06:00." in page
    order = [
        page.index(words) for words in ("What happens next", "Needs a look", ">Editions<", ">Subscribers</a></h2>")
    ]
    assert order == sorted(order)
    assert "2026-W11</th><td>3</td><td>3</td><td>0</td>" in page


def test_the_overview_says_what_a_holiday_changes(composed_week: Path, tmp_path: Path) -> None:
    holidays = {"schedule": {"holidays": "MX", "on_holiday": "skip"}}
    with serve_desk(composed_week, tmp_path, tables=holidays) as desk:
        page = " ".join(desk.page("/").split())
        assert (
            "16 March 2026 is Benito Juárez&#39;s birthday: no edition that week. The next draft is made Mon 23" in page
        )
    holidays["schedule"]["on_holiday"] = "next-working-day"
    with serve_desk(composed_week, tmp_path / "moved", tables=holidays) as desk:
        page = desk.page("/")
        assert "made Tue 17 Mar 2026, 06:00, as 16 March 2026 is Benito Juárez&#39;s birthday." in page


def test_the_page_of_subscribers_has_numbers_and_no_address(still_desk: ServedDesk) -> None:
    page = still_desk.page("/subscribers")
    assert re.search(r"<strong>3</strong> active", page)
    assert "All themes</bdi></th><td>3</td>" in page
    assert "example.org" not in page


def test_what_was_learned_can_be_forgotten_and_remembered(desk: ServedDesk) -> None:
    assert "nothing was learned" in desk.page("/learned")
    post = desk.post("does bold really help")
    change(desk.context, WEEK, Change(Verb.MOVE, post.id, theme="recruitment"), by="Edith")
    (lesson,) = learned.lessons(desk.context)
    page = desk.page("/learned")
    assert "<strong>Recruitment</strong>" in page
    assert HOSTILE.partition("<")[0].replace("&", "&amp;") in page
    assert "<strong> words" not in page
    desk.do("/learned/forget", lesson=lesson.id)
    page = desk.page("/learned")
    assert "Nothing: it was forgotten." in page
    assert 'action="/learned/remember"' in page
    desk.do("/learned/remember", lesson=lesson.id)
    assert not learned.lessons(desk.context)[0].forgotten
    for wrong in ("", "x", "2026-W10:nobody", '2026-W10:"><b>', "9999-W99:x"):
        answer = desk.fill("/learned/forget", lesson=wrong)
        assert answer.status_code == 422
        assert "<b>" not in answer.text
    assert desk.client.post("/learned/forget", data={"lesson": lesson.id, "token": "no"}).status_code == 403
