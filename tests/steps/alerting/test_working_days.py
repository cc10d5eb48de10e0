"""When editors are reminded: on working days of the place where they are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from digest.settings import parse_settings
from digest.steps.alerting.working_days import works


@pytest.mark.parametrize(
    ("place", "moment", "expected"),
    [
        ("", "2019-04-19T12:00+00:00", True),  # Good Friday, but no holidays are set
        ("GB-ENG", "2019-04-19T12:00+00:00", False),
        ("GB-ENG", "2019-04-18T12:00+00:00", True),
        ("GB-ENG", "2019-04-20T12:00+00:00", False),  # a Saturday
        ("GB-ENG", "2019-04-22T22:30+00:00", False),  # Easter Monday until midnight in London, which is 23:00 UTC
        ("GB-SCT", "2019-04-22T12:00+00:00", True),  # no holiday in Scotland
        ("GB-ENG", "2019-04-22T23:30+00:00", True),
        ("", "2019-04-20T12:00+00:00", False),
    ],
)
def test_editors_work_on_weekdays_that_are_no_holiday(place: str, moment: str, expected: bool) -> None:
    text = f'[newsletter]\ntitle = "T"\nfrom = "t@example.org"\n[schedule]\nholidays = "{place}"\n'
    settings = parse_settings(text, path=Path("digest.toml"))
    assert works(settings, datetime.fromisoformat(moment)) is expected
