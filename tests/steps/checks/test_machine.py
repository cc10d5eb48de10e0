"""What the doctor sees of the machine: disk, clock, time zones."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.steps.checks import Verdict, machine
from tests.steps.checks.doctor_run import NOW, lines_of, settings_in


def test_disk_and_versions_are_named_before_there_is_a_store(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, store={"url": "sqlite:///not/yet/digest.db"})
    (line,) = lines_of(machine.disk, settings)
    assert f"GB free at {tmp_path}" in line.message
    (line,) = lines_of(machine.versions, settings)
    assert "SQLite 3." in line.message


def test_a_store_larger_than_the_disk_has_room_for_is_a_warning(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.state_folder.mkdir()
    with (settings.state_folder / "digest.db").open("wb") as file:
        file.truncate(2**46)  # without taking any room
    (line,) = lines_of(machine.disk, settings)
    assert line.verdict is Verdict.WARNING
    assert "; the store needs " in line.message


def test_a_stopped_clock_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path)
    monkeypatch.delenv("DIGEST_NOW", raising=False)
    assert [line.verdict for line in lines_of(machine.clock, settings)] == [Verdict.OK]
    monkeypatch.setenv("DIGEST_NOW", NOW.isoformat())
    assert [line.verdict for line in lines_of(machine.clock, settings)] == [Verdict.OK, Verdict.WARNING]


@pytest.mark.parametrize(
    ("zone", "change"),
    [("Europe/London", "31 Mar 2019"), ("America/New_York", "03 Nov 2019"), ("Asia/Tokyo", "")],
)
def test_the_next_change_of_the_clocks_is_named(tmp_path: Path, zone: str, change: str) -> None:
    settings = settings_in(tmp_path, newsletter={"title": "T", "from": "t@example.org", "timezone": zone})
    (line,) = lines_of(machine.time_zone, settings)
    says = f"the clocks change on {change}" if change else "its clocks do not change"
    assert line.message.startswith(f"{zone} by ")
    assert line.message.endswith(says)


@given(
    st.sampled_from(["Europe/London", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"]),
    st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_the_offset_differs_around_the_change_and_not_before(name: str, naive: datetime) -> None:
    zone, now = ZoneInfo(name), naive.replace(tzinfo=UTC)
    change = machine.next_change(zone, now)
    if change is not None:
        noon = datetime.combine(change, time(12), zone)
        assert (noon - timedelta(days=1)).utcoffset() != (noon + timedelta(days=1)).utcoffset()
        assert now.astimezone(zone).date() <= change <= now.astimezone(zone).date() + timedelta(days=366)
