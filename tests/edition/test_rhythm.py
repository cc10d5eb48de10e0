"""On which day editions go out, and when the next one: said only where it is known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.edition.rhythm import Rhythm, rhythm_of
from digest.settings import Settings, parse_settings
from digest.week import Week

NOW = datetime(2019, 3, 25, 9, tzinfo=UTC)  # Monday, after 06:00
MONDAYS = [
    (Week(2019, 11), datetime(2019, 3, 18, 9, tzinfo=UTC)),
    (Week(2019, 10), datetime(2019, 3, 11, 8, tzinfo=UTC)),
]
LATE = [(Week(2019, 11), datetime(2019, 3, 20, 9, tzinfo=UTC)), MONDAYS[1]]


def settings_with(schedule: str = "", approval: str = "") -> Settings:
    text = f'[newsletter]\ntitle="T"\nfrom="d@example.org"\n[schedule]\n{schedule}\n[approval]\n{approval}'
    return parse_settings(text, path=Path("digest.toml"))


@pytest.mark.parametrize(
    ("schedule", "approval", "sent", "expected"),
    [
        ('send="0 7 * * TUE"', "", [], Rhythm(1, date(2019, 3, 26))),
        ('send="0 7 * * TUE"', "", LATE, Rhythm(1, date(2019, 3, 26))),
        ('send="0 7 * * MON"', "", [], Rhythm(0, date(2019, 4, 1))),
        ('send="0 7 1 * *"', "", [], Rhythm(None, date(2019, 4, 1))),
        ("", "", [], Rhythm()),
        ("", "", MONDAYS[:1], Rhythm()),
        ("", "", LATE, Rhythm()),
        ("", "", MONDAYS, Rhythm(0, date(2019, 4, 1))),
        ("", 'mode="automatic"', [], Rhythm(0, date(2019, 4, 1))),
        ('compose=""', 'mode="automatic"', MONDAYS, Rhythm()),
        ('send="0 7 * * MON"\nholidays="GB-ENG"', "", [], Rhythm(0, date(2019, 4, 1))),
    ],
)
def test_the_day_of_the_next_edition(
    schedule: str, approval: str, sent: list[tuple[Week, datetime]], expected: Rhythm
) -> None:
    assert rhythm_of(settings_with(schedule, approval), NOW, sent=sent, over=set()) == expected


def test_holidays_and_weeks_that_are_over() -> None:
    settings = settings_with('send="0 7 * * MON"\nholidays="GB-ENG"')
    easter = datetime(2019, 4, 20, tzinfo=UTC)
    assert rhythm_of(settings, easter, sent=[], over=set()) == Rhythm(0, date(2019, 4, 23)), "the Tuesday after"
    assert rhythm_of(settings, easter, sent=[], over={Week(2019, 16)}) == Rhythm(0, date(2019, 4, 29))
    skipping = settings_with('send="0 9 * * MON"\nholidays="GB-ENG"\non_holiday="skip"')
    assert rhythm_of(skipping, easter, sent=[], over=set()) == Rhythm(0, date(2019, 4, 29)), "there is no draft"
