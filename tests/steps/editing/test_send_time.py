"""When an approved edition is sent: at the editor's moment, at the newsletter's, or at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.model import Approval, EditionStatus
from digest.settings import Settings, parse_settings
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve, approve_automatically
from digest.steps.editing.send_time import planned, weeks_to_send
from digest.steps.run import run
from digest.steps.status import status
from digest.store.editions import EditionRow
from digest.store.engine import Store
from digest.week import Week
from tests.steps.editor_changes import schedule
from tests.steps.newsletter_setup import NOW, WEEK, set_up

FRIDAY = datetime(2019, 3, 29, 16, 0, tzinfo=UTC)  # in 2019-W13, whose Sunday loses an hour
MONDAY = datetime(2019, 4, 1, 7, 0, tzinfo=UTC)  # eight in the morning, London
CLOSES = datetime(2019, 3, 31, 23, 0, tzinfo=UTC)
FORWARD = datetime(2019, 3, 31, 1, 0, tzinfo=UTC)
BACK = datetime(2019, 10, 27, 1, 0, tzinfo=UTC)


def settings_with(folder: Path, *, send: str, cutoff: str = "MON 00:00") -> Settings:
    newsletter = f'title="T"\nfrom="d@example.org"\ntimezone="Europe/London"\ncutoff="{cutoff}"\n'
    return parse_settings(f'[newsletter]\n{newsletter}[schedule]\nsend="{send}"\n', path=folder / "digest.toml")


def begins(settings: Settings, week: Week, approved: datetime, send_at: datetime | None = None) -> datetime:
    row = EditionRow(week, EditionStatus.APPROVED, 1, "", "", send_at=send_at)
    return planned(settings, row, Approval(week, 1, "f", "editor", approved))


@pytest.mark.parametrize(
    ("send", "send_at", "approved", "expected"),
    [
        ("", None, MONDAY, MONDAY),
        ("", MONDAY + timedelta(days=2), MONDAY, MONDAY + timedelta(days=2)),
        ("", MONDAY - timedelta(days=2), MONDAY, MONDAY),  # the send time passed before the approval
        ("", None, FRIDAY, CLOSES),  # never by itself before the week has closed
        ("", FRIDAY + timedelta(days=2), FRIDAY, CLOSES),
        ("0 8 * * MON", None, FRIDAY, MONDAY),
        ("0 8 * * MON", None, MONDAY, MONDAY),
        ("0 8 * * MON", None, MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=2)),  # not a week later
        ("0 8 * * MON", MONDAY + timedelta(minutes=-30), FRIDAY, MONDAY + timedelta(minutes=-30)),
        ("0 16 * * FRI", None, FRIDAY, FRIDAY + timedelta(days=7, hours=-1)),  # the first Friday after its cut-off
    ],
)
def test_the_send_time_of_an_edition(
    tmp_path: Path, send: str, send_at: datetime | None, approved: datetime, expected: datetime
) -> None:
    assert begins(settings_with(tmp_path, send=send), Week(2019, 13), approved, send_at) == expected


@pytest.mark.parametrize(
    ("send", "cutoff", "week", "expected"),
    [
        # The cut-off falls on the jump from 01:00 to 02:00: the moment of a line in the skipped hour.
        ("30 1 * * SUN", "SUN 01:00", Week(2019, 13), FORWARD),
        ("*/15 * * * *", "SUN 01:00", Week(2019, 13), FORWARD),
        # The hour after 01:00 comes twice.
        ("30 1 * * SUN", "SUN 01:00", Week(2019, 43), BACK - timedelta(minutes=30)),
        ("*/15 * * * *", "SUN 02:00", Week(2019, 43), BACK + timedelta(hours=1)),
    ],
)
def test_the_send_time_where_the_clocks_change(
    tmp_path: Path, send: str, cutoff: str, week: Week, expected: datetime
) -> None:
    approved = datetime(2019, 3, 1, tzinfo=UTC)
    assert begins(settings_with(tmp_path, send=send, cutoff=cutoff), week, approved) == expected


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_an_edition_is_not_sent_early_nor_automatically_when_late(tmp_path: Path, store: Store) -> None:
    tables: dict[str, dict[str, Any]] = {
        "schedule": {"send": "0 9 * * MON"},
        "approval": {"mode": "automatic", "minimum_posts": 1},
    }
    with set_up(tmp_path, store, sources=("Working at Estuary",), tables=tables) as setup:
        context = setup.context
        collect(context, week=WEEK)
        compose(context, WEEK)
        assert not approve_automatically(context, WEEK, due=NOW - timedelta(hours=25)), "this run comes a day late"
        assert status(context, WEEK).status is EditionStatus.DRAFT
        report = run(context)
        assert (report.week, report.status, report.send_report) == (WEEK, EditionStatus.APPROVED, None)
        assert weeks_to_send(context) == []
        assert status(context, WEEK).next.startswith("waits for 20")
        schedule(context, WEEK, NOW, by="editor")
        assert weeks_to_send(context) == [WEEK], "the editor's moment is the one that counts"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_an_edition_whose_send_time_is_removed_is_sent_at_once(tmp_path: Path, store: Store) -> None:
    """However long ago it was approved."""
    with set_up(tmp_path, store, sources=("Working at Estuary",)) as setup:
        collect(setup.context, week=WEEK)
        compose(setup.context, WEEK)
        schedule(setup.context, WEEK, NOW + timedelta(days=4), by="editor")
        approve(setup.context, WEEK, by="editor")
        later = replace(setup.context, clock=lambda: NOW + timedelta(days=2))
        assert weeks_to_send(later) == []
        schedule(later, WEEK, None, by="editor")
        assert weeks_to_send(later) == [WEEK]
