"""When an approved edition is sent: at the editor's moment, at the newsletter's, or at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.model import Approval, EditionStatus
from digest.settings import parse_settings
from digest.steps.approve import approve, approve_automatically
from digest.steps.collect import collect
from digest.steps.compose import compose
from digest.steps.due import planned, weeks_to_send
from digest.steps.edit import schedule
from digest.steps.run import run
from digest.steps.status import status
from digest.store.editions import EditionRow
from digest.store.engine import Store
from tests.steps.houses import NOW, WEEK, house

FRIDAY = datetime(2019, 3, 29, 16, 0, tzinfo=UTC)
FORWARD = datetime(2019, 3, 31, 1, 0, tzinfo=UTC)
BACK = datetime(2019, 10, 27, 1, 0, tzinfo=UTC)


def row(send_at: datetime | None = None) -> EditionRow:
    return EditionRow("2019-W13", EditionStatus.APPROVED, 1, "", "", send_at=send_at)


@pytest.mark.parametrize(
    ("cron", "send_at", "approved", "begins"),
    [
        ("", None, FRIDAY, FRIDAY),
        ("", FRIDAY + timedelta(days=2), FRIDAY, FRIDAY + timedelta(days=2)),
        ("", FRIDAY - timedelta(days=2), FRIDAY, FRIDAY),  # the moment went by before anybody approved
        # The clocks go forward in between: eight in the morning is 07:00 UTC then.
        ("0 8 * * MON", None, FRIDAY, datetime(2019, 4, 1, 7, 0, tzinfo=UTC)),
        ("0 16 * * FRI", None, FRIDAY, FRIDAY),
        ("0 8 * * MON", FRIDAY + timedelta(hours=1), FRIDAY, FRIDAY + timedelta(hours=1)),
        # Approved as the clocks jump from 01:00 to 02:00: the moment of a line in the skipped hour.
        ("30 1 * * SUN", None, FORWARD, FORWARD),
        ("*/15 * * * *", None, FORWARD + timedelta(seconds=20), FORWARD),
        # Approved in the second of the two hours after 01:00: what came in the first is over.
        ("30 1 * * SUN", None, BACK + timedelta(minutes=20), datetime(2019, 11, 3, 1, 30, tzinfo=UTC)),
        ("*/15 * * * *", None, BACK + timedelta(minutes=5), BACK + timedelta(minutes=15)),
    ],
)
def test_the_time_of_an_edition(
    tmp_path: Path, cron: str, send_at: datetime | None, approved: datetime, begins: datetime
) -> None:
    text = f'[newsletter]\ntitle="T"\nfrom="d@example.org"\ntimezone="Europe/London"\n[schedule]\nsend="{cron}"\n'
    settings = parse_settings(text, path=tmp_path / "digest.toml")
    assert planned(settings, row(send_at), Approval("2019-W13", 1, "f", "editor", approved)) == begins


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_nothing_goes_before_its_time_and_nothing_late_by_itself(tmp_path: Path, store: Store) -> None:
    tables: dict[str, dict[str, Any]] = {
        "schedule": {"send": "0 9 * * MON"},
        "approval": {"mode": "automatic", "minimum_posts": 1},
    }
    with house(tmp_path, store, sources=("Working at Estuary",), tables=tables) as found:
        context = found.context
        collect(context, week=WEEK)
        compose(context, WEEK)
        assert not approve_automatically(context, WEEK, due=NOW - timedelta(hours=25)), "this run comes a day late"
        assert status(context, WEEK).status is EditionStatus.DRAFT
        report = run(context)
        assert (report.week, report.status, report.sent) == (WEEK, EditionStatus.APPROVED, None)
        assert weeks_to_send(context) == []
        assert status(context, WEEK).next.startswith("waits for 20")
        schedule(context, WEEK, NOW, by="editor")
        assert weeks_to_send(context) == [WEEK], "the editor's moment is the one that counts"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_an_edition_that_is_no_longer_to_wait_is_sent_at_once(tmp_path: Path, store: Store) -> None:
    """However long ago it was approved."""
    with house(tmp_path, store, sources=("Working at Estuary",)) as found:
        collect(found.context, week=WEEK)
        compose(found.context, WEEK)
        schedule(found.context, WEEK, NOW + timedelta(days=4), by="editor")
        approve(found.context, WEEK, by="editor")
        later = replace(found.context, clock=lambda: NOW + timedelta(days=2))
        assert weeks_to_send(later) == []
        schedule(later, WEEK, None, by="editor")
        assert weeks_to_send(later) == [WEEK]
