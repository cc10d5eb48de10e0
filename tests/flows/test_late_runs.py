"""Weekly runs without a week, on a real Prefect server: three late Mondays at once, and a public holiday."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import tomlkit

from digest.edition.calendar import WeekState
from digest.steps.unfinished import edition_calendar
from tests.flows.test_flows import UNDER_WAY, WEEK, PrefectSetup, until
from tests.flows.test_flows import prefect as prefect

pytestmark = [pytest.mark.prefect, pytest.mark.thorough, pytest.mark.timeout(900)]
DEPLOYMENT = "weekly-digest/weekly"
MONDAY = datetime(2026, 3, 9, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def serving(prefect: PrefectSetup) -> Iterator[PrefectSetup]:
    """`digest serve` at work on Monday morning, without the runs that Prefect plans by its own clock."""
    path = prefect.folder / "digest.toml"
    document = tomlkit.parse(path.read_text())
    document["schedule"] = {"holidays": "AU-VIC"}
    path.write_text(tomlkit.dumps(document))
    log = (prefect.folder / "serve.log").open("wb")
    command = [sys.executable, "-m", "digest", "serve"]
    child = subprocess.Popen(command, cwd=prefect.folder, env=prefect.environment, stdout=log, stderr=log)
    try:
        name = "/deployments/name/alerts/hourly"
        until("the deployments are registered", lambda: prefect.api.get(name).status_code == 200 or child.poll())
        assert child.poll() is None, (prefect.folder / "serve.log").read_text()
        yield prefect
    finally:
        child.terminate()
        child.wait(60)
        log.close()


def planned(serving: PrefectSetup, moment: datetime) -> str:
    """Plan a run as Prefect's scheduler does; its id. A busy server is asked again, for the same run."""
    body = {
        "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": moment.isoformat()}},
        "idempotency_key": f"test:{moment.isoformat()}",
    }

    def asked() -> str:
        deployment = serving.api.get(f"/deployments/name/{DEPLOYMENT}").raise_for_status().json()["id"]
        answer = serving.api.post(f"/deployments/{deployment}/create_flow_run", json=body)
        return str(answer.raise_for_status().json()["id"])

    return str(patiently("Prefect takes it", asked))


def ended(serving: PrefectSetup, run: str) -> dict[str, Any]:
    """Wait for the end of a run; its state."""

    def over() -> dict[str, Any] | None:
        state = serving.state(run)
        return None if state["type"] in UNDER_WAY else state

    state: dict[str, Any] = patiently("the run has ended", over)
    return state


def patiently(what: str, ask: Callable[[], Any]) -> Any:
    """Poll as `until` does; a server that is too busy to answer is asked again."""

    def once() -> Any:
        try:
            return ask()
        except (httpx.TimeoutException, httpx.HTTPStatusError):
            return None

    return until(what, once, seconds=400)


def test_a_run_on_a_holiday_plans_one_for_the_next_working_day(serving: PrefectSetup) -> None:
    state = ended(serving, planned(serving, MONDAY - timedelta(minutes=1)))
    assert (state["type"], state["name"]) == ("COMPLETED", "Skipped"), state
    assert state["message"] == (
        f"The draft of {WEEK} is made 2026-03-10 06:00 (Europe/London), as 9 March 2026 is Labor Day."
    )
    tuesday = MONDAY + timedelta(days=1)
    later = [run for run in serving.runs(DEPLOYMENT) if datetime.fromisoformat(run["expected_start_time"]) == tuesday]
    assert len(later) == 1
    # By Prefect's own clock that day is over: the run starts, finds that by ours it has not come, and plans no other.
    assert ended(serving, later[0]["id"])["name"] == "Skipped"
    assert len(serving.runs(DEPLOYMENT)) - len([run for run in serving.runs(DEPLOYMENT) if is_to_come(run)]) == 2
    assert edition_calendar(serving.context) == []


def is_to_come(run: dict[str, Any]) -> bool:
    return datetime.fromisoformat(run["expected_start_time"]) > datetime.now(UTC)


def test_of_three_late_mondays_the_newest_composes_the_last_closed_week(serving: PrefectSetup) -> None:
    path = serving.folder / "digest.toml"
    path.write_text(path.read_text().replace('holidays = "AU-VIC"', 'holidays = ""'))
    oldest, older, newest = (planned(serving, MONDAY - timedelta(weeks=weeks)) for weeks in (2, 1, 0))
    states = [ended(serving, run) for run in (oldest, older, newest)]
    assert [(state["type"], state["name"]) for state in states] == [
        ("COMPLETED", "Skipped"),
        ("COMPLETED", "Skipped"),
        ("COMPLETED", "AwaitingApproval"),
    ], states
    for state, day, week in zip(states, ("2026-02-23", "2026-03-02"), ("2026-W08", "2026-W09"), strict=False):
        assert state["message"].startswith(f"This run was due {day} 06:00, for {week}. Another run composes {WEEK}")
    (edition,) = edition_calendar(serving.context)
    assert (edition.week, edition.state) == (WEEK, WeekState.DRAFT)


def test_a_late_run_leaves_alone_what_another_one_has_composed(serving: PrefectSetup) -> None:
    state = ended(serving, planned(serving, MONDAY - timedelta(weeks=5)))
    assert (state["name"], "for 2026-W05" in state["message"]) == ("Skipped", True), state
