"""How the list grows, from subscribers' histories."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import ConsentEvent, EffectiveStatus, Suppression, SuppressionReason
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.subscribers.growth import by_week, growth_by_week, numbers
from digest.steps.subscribers.operator_actions import add, erase, remove, suppress
from digest.store import subscribers
from digest.store.engine import Store
from digest.store.subscribers import Consent
from digest.week import Week

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)  # a Thursday, of week 11
TOML = '[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n'


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(tmp_path: Path, store: Store, clock: Clock) -> Context:
    return Context(parse_settings(TOML, path=tmp_path / "digest.toml"), store, clock)


def test_each_week_has_who_joined_and_left_and_how_many_were_active_at_its_end(context: Context, clock: Clock) -> None:
    clock.now = NOW - timedelta(weeks=2)
    for name in "abcd":
        add(context, f"{name}@example.org")
    clock.now = NOW - timedelta(weeks=1)
    remove(context, "a@example.org")
    suppress(context, "b@example.org")
    assert [(each.active, each.joined, each.left) for each in growth_by_week(context, 3)] == [
        (0, 0, 0),
        (4, 4, 0),
        (2, 0, 2),
    ]
    clock.now = NOW
    erase(context, "a@example.org")  # had left already
    add(context, "e@example.org")
    rows = growth_by_week(context, 3)
    assert [str(each.week) for each in rows] == ["2026-W09", "2026-W10", "2026-W11"]
    assert [(each.active, each.joined, each.left) for each in rows] == [(4, 4, 0), (2, 0, 2), (3, 1, 0)]


def test_a_row_of_somebody_who_never_joined_is_no_leaving(context: Context, store: Store) -> None:
    with store.writing() as connection:
        subscribers.add_consent(
            connection,
            [
                Consent("one", NOW, ConsentEvent.UNSUBSCRIBED, "import"),
                Consent("two", NOW, ConsentEvent.ASKED, "form"),
                Consent("two", NOW, ConsentEvent.CONFIRMED, "link"),
                Consent("two", NOW, ConsentEvent.CHANGED_FROM, "preferences"),
                Consent("three", NOW, ConsentEvent.CHANGED_TO, "preferences", detail="two"),
                Consent("three", NOW, ConsentEvent.UNSUBSCRIBED, "link"),
                Consent("three", NOW, ConsentEvent.ERASED, "link"),
            ],
        )
    (week,) = growth_by_week(context, 1)
    assert (week.joined, week.left) == (1, 1)


def test_the_numbers_have_themes_and_languages_of_active_subscribers(context: Context, store: Store) -> None:
    rows = [("a", ("comms",), "cy"), ("b", ("comms", "gone"), ""), ("c", (), ""), ("d", (), "cy")]
    with store.writing() as connection:
        subscribers.add_many(
            connection,
            [
                subscribers.NewSubscriber(f"{name}@example.org", name, name, themes=themes, language=language)
                for name, themes, language in rows
            ],
            now=NOW,
        )
    with store.writing() as connection:
        subscribers.suppress(connection, ["d"], Suppression(SuppressionReason.BOUNCE), at=NOW)
    counts = numbers(context)
    assert counts.themes == {"comms": 2, "gone": 1, "": 1}
    assert counts.languages == {"cy": 1, "": 2}
    assert counts.standing[EffectiveStatus.SUPPRESSED] == 1


_EVENTS = st.dictionaries(
    st.tuples(st.dates(date(2026, 1, 1), date(2026, 3, 12)), st.sampled_from(sorted(ConsentEvent))),
    st.integers(1, 50),
)


@given(_EVENTS, st.integers(0, 10_000), st.integers(1, 60))
def test_the_last_week_is_today_s_number_and_no_week_is_below_zero(
    events: dict[tuple[date, ConsentEvent], int], active: int, weeks: int
) -> None:
    rows = by_week(Counter(events), active, NOW, weeks)
    assert len(rows) == weeks
    assert rows[-1].week == Week(2026, 11)
    assert rows[-1].active == active
    assert all(each.active >= 0 for each in rows)
