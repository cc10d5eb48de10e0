"""What each channel is told when: at once, then daily, then once that it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.model.alert import Alert, AlertKind, AlertRecord
from digest.steps.alerting.plan import is_worth_keeping, mark_notified, message_for, remember

MONDAY = datetime(2019, 3, 25, 13, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
W13 = Alert(AlertKind.EDITION, "2019-W13", "2019-W13 has no edition.", "")
W14 = Alert(AlertKind.EDITION, "2019-W14", "2019-W14 has no edition.", "")
DRAFT = Alert(AlertKind.DRAFT, "2019-W15", "2019-W15 waits for approval.", "")


class Channel:
    """A channel that takes what it is told while it is `up`, and what it was told: fresh, again, over."""

    def __init__(self) -> None:
        self.rows: list[AlertRecord] = []
        self.up = True
        self.heard: list[tuple[list[str], list[str], list[str]]] = []

    def look(self, now: datetime, *found: Alert, works: bool = True) -> None:
        self.rows = remember(found, self.rows, now)
        message = message_for(self.rows, "webhook", now, works=works)
        if message is not None and self.up:
            parts = (message.fresh, message.again, message.resolved)
            self.heard.append(tuple([row.alert.about for row in part] for part in parts))  # type: ignore[arg-type]
            self.rows = mark_notified(self.rows, message, "webhook", now)
        self.rows = [row for row in self.rows if is_worth_keeping(row, ["webhook"], now)]


def test_an_alert_is_told_once_then_daily_then_that_it_is_over() -> None:
    channel = Channel()
    for hours in range(49):
        channel.look(MONDAY + hours * HOUR, W13)
    assert channel.heard == [(["2019-W13"], [], []), ([], ["2019-W13"], []), ([], ["2019-W13"], [])]
    channel.heard.clear()
    for hours in range(49, 60):
        channel.look(MONDAY + hours * HOUR)
    assert channel.heard == [([], [], ["2019-W13"])]
    assert channel.rows == []


def test_a_clock_that_was_a_year_ahead_silences_nothing() -> None:
    channel = Channel()
    for moment in (MONDAY + 365 * DAY, MONDAY, MONDAY + HOUR, MONDAY + HOUR / 2):
        channel.look(moment, W13)
    assert channel.heard == [(["2019-W13"], [], []), ([], ["2019-W13"], [])], "machines' clocks differ by minutes"


def test_what_stands_is_said_together_with_what_is_new_so_that_there_is_one_message_a_day() -> None:
    channel = Channel()
    channel.look(MONDAY, W13)
    channel.look(MONDAY + 5 * HOUR, W13, W14)
    for hours in range(6, 29):
        channel.look(MONDAY + hours * HOUR, W13, W14)
    assert channel.heard == [(["2019-W13"], [], []), (["2019-W14"], ["2019-W13"], [])]


def test_what_a_channel_does_not_take_is_told_when_it_works_again() -> None:
    channel = Channel()
    channel.up = False
    channel.look(MONDAY, W13)
    channel.look(MONDAY + HOUR, W13)
    channel.up = True
    channel.look(MONDAY + 2 * HOUR, W13)
    assert channel.heard == [(["2019-W13"], [], [])]


def test_nobody_hears_that_something_is_over_who_has_not_heard_of_it() -> None:
    channel = Channel()
    channel.up = False
    channel.look(MONDAY, W13)
    channel.up = True
    channel.look(MONDAY + HOUR)
    assert (channel.heard, channel.rows) == ([], [])


def test_what_comes_and_goes_is_told_once_a_day() -> None:
    channel = Channel()
    for hours in range(48):
        channel.look(MONDAY + hours * HOUR, *([W13] if hours % 2 == 0 else []))
    assert channel.heard == [(["2019-W13"], [], []), ([], ["2019-W13"], [])]


def test_what_comes_back_is_new_again() -> None:
    channel = Channel()
    for moment, found in ((0, [W13]), (1, []), (3, []), (4, [W13])):
        channel.look(MONDAY + moment * HOUR, *found)
    assert channel.heard == [(["2019-W13"], [], []), ([], [], ["2019-W13"]), (["2019-W13"], [], [])]


def test_a_draft_is_reminded_of_on_working_days_only() -> None:
    channel = Channel()
    for days in range(14):  # from a Monday on
        moment = MONDAY + days * DAY
        channel.look(moment, DRAFT, works=moment.weekday() < 5)
    assert len(channel.heard) == 10


def test_patience_lets_an_alert_stand_before_anybody_is_told() -> None:
    source = Alert(AlertKind.SOURCE, "A blog", "It cannot be read.", "", patience=30 * DAY)
    channel = Channel()
    for days in range(31):
        assert channel.heard == []
        channel.look(MONDAY + days * DAY, source)
    assert channel.heard == [(["A blog"], [], [])]


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from([W13, W14, DRAFT])), st.booleans(), st.booleans(), st.integers(1, 30)),
        max_size=30,
    )
)
def test_who_is_told_of_something_hears_of_its_end_exactly_once(
    looks: list[tuple[set[Alert], bool, bool, int]],
) -> None:
    channel, now = Channel(), MONDAY
    for found, works, up, hours in looks:
        now, channel.up = now + hours * HOUR, up
        channel.look(now, *sorted(found, key=lambda alert: alert.key), works=works)
        assert {row.alert.key for row in channel.rows if row.resolved_at is None} == {alert.key for alert in found}
    channel.up = True
    for hours in (1, 4):
        channel.look(now + hours * HOUR)
    assert channel.rows == []
    known = set[str]()
    for fresh, again, over in channel.heard:
        assert not known & set(fresh)
        assert set(again) <= known
        assert set(over) <= known
        known = (known | set(fresh)) - set(over)
    assert known == set()
