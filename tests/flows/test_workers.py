"""Workers that die: the server ends their runs, begins them again elsewhere, and nobody gets a message twice."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from digest.demo.prefect_server import PrefectServer
from digest.demo.sample_web import SampleWeb
from digest.model import EditionStatus
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve
from digest.steps.editing.edition_view import load
from digest.steps.subscribers.operator_actions import add
from flows.parameters import MOST_ATTEMPTS
from tests.flows.prefect_setup import WEEK, PrefectSetup, newsletter, until
from tests.mail.smtp.smtp_server import SmtpServer, serving

LOG = logging.getLogger(__name__)
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]
SLUG = "two-workers"
APPROVED, WEEKLY = f"send-edition/approved-{SLUG}", f"weekly-digest/weekly-{SLUG}"
SUBSCRIBERS = [f"r{number}@example.org" for number in range(400)]


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def prefect(
    tmp_path_factory: pytest.TempPathFactory, server: PrefectServer, web: SampleWeb, smtp: SmtpServer
) -> Iterator[PrefectSetup]:
    """A newsletter with a slug, on a work pool that no worker serves yet."""
    folder = tmp_path_factory.mktemp(SLUG)
    with newsletter(folder, server, web, smtp_port=smtp.port, subscribers=(), slug=SLUG) as setup:
        done = setup.command("digest", "setup")
        assert done.returncode == 0, done.stdout + done.stderr
        yield setup


def begun_again(prefect: PrefectSetup, deployment: str, run: str) -> list[dict[str, Any]]:
    """The runs of the deployment that an automation has begun."""
    return [one for one in prefect.runs(deployment) if one["id"] != run and one["auto_scheduled"] is False]


def set_state(prefect: PrefectSetup, run: str, kind: str) -> None:
    body = {"state": {"type": kind}, "force": True}
    prefect.api.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()


@pytest.mark.thorough
def test_a_crashed_run_is_begun_again_with_its_parameters_and_at_most_five_times(prefect: PrefectSetup) -> None:
    last = prefect.run(WEEKLY, week=str(WEEK), send=False, attempt=MOST_ATTEMPTS)
    first = prefect.run(WEEKLY, week=str(WEEK), send=False)
    for run in (last, first):  # no worker is there to run them
        set_state(prefect, run, "RUNNING")
        set_state(prefect, run, "CRASHED")
    (again,) = until(
        "it is begun again", lambda: [one for one in begun_again(prefect, WEEKLY, first) if one["id"] != last]
    )
    assert again["parameters"] == {"week": str(WEEK), "send": False, "attempt": 2}
    assert again["tags"] == [f"newsletter:{SLUG}"]
    set_state(prefect, again["id"], "CANCELLED")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("deployment", "parameters"),
    [(WEEKLY, {"week": "2019-W54"}), (WEEKLY, {"week": "last"}), (APPROVED, {"week": "2019-w12"})],
)
def test_a_run_for_what_is_no_week_is_refused_before_it_begins(
    prefect: PrefectSetup, deployment: str, parameters: dict[str, str]
) -> None:
    assert "week" in prefect.refusal(deployment, **parameters)


@contextmanager
def worker(prefect: PrefectSetup, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process namespace of its own, as on a machine of its own: killed, it takes its runs with it."""
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "prefect"]
    command += ["worker", "start", "--pool", f"digest-{SLUG}", "--name", name]
    with (prefect.folder / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=prefect.folder, env=prefect.environment, stdout=log, stderr=log)
        try:
            yield child
        finally:
            child.kill()
            child.wait(30)


def may_unshare() -> bool:
    try:
        return subprocess.run(["unshare", "--pid", "--fork", "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.thorough
@pytest.mark.skipif(not may_unshare(), reason="needs the right to make process namespaces (unshare, as root)")
def test_when_a_machine_dies_while_it_sends_another_takes_over_and_everybody_gets_one_message(
    prefect: PrefectSetup, smtp: SmtpServer
) -> None:
    for subscriber in SUBSCRIBERS:
        add(prefect.context, subscriber)
    collect(prefect.context, week=WEEK)
    compose(prefect.context, WEEK)
    approve(prefect.context, WEEK, by="editor", waking=False)  # its run is begun below
    smtp.delay = lambda: 0.25  # until a second worker has started
    with worker(prefect, "one") as first:
        run, asked = prefect.run(APPROVED, week=str(WEEK)), time.time()
        until("sending has begun", lambda: len(smtp.accepted) > 0)
        start = time.time() - asked  # how long this machine takes to start a run: ten seconds, or much more under load
        until("it is in the middle", lambda: len(smtp.accepted) > 40)
        with worker(prefect, "two"):
            pool = f"/work_pools/digest-{SLUG}/workers/filter"
            until("the second worker is there", lambda: len(prefect.api.post(pool, json={}).json()) == 2)
            assert len(smtp.accepted) < len(SUBSCRIBERS)
            first.kill()
            killed = time.time()
            first.wait()
            smtp.delay = lambda: 0.0
            time.sleep(2)  # what the killed one had given to the server arrives
            before = len(smtp.accepted)
            until("the other takes over", lambda: len(smtp.accepted) > before, seconds=120)
            taken_over = time.time() - killed
            until("everybody has it", lambda: load(prefect.context, WEEK).status is EditionStatus.SENT, seconds=120)
            (again,) = until(
                "the second run is over",
                lambda: [one for one in begun_again(prefect, APPROVED, run) if one["state_type"] == "COMPLETED"],
            )
    crashed = prefect.flow_run(run)
    crash = at(crashed["end_time"]) - killed
    LOG.info("Crashed after %.0f s, taken over after %.0f s", crash, taken_over)
    assert crashed["state"]["name"] == "Crashed"
    assert "no sign of life" in crashed["state"]["message"]
    assert again["parameters"] == {"week": str(WEEK), "attempt": 2}
    assert again["name"] == f"send {WEEK}, attempt 2"
    assert crash < 70
    assert taken_over < 70 + start, "90 seconds where a run starts in twenty"
    counts = load(prefect.context, WEEK).counts
    assert (counts.sending, counts.queued, counts.deferred, counts.failed) == (0, 0, 0, 0)
    assert again["state"]["name"] == ("SentWithFailures" if counts.uncertain else "Completed")
    assert set(smtp.copies().values()) == {1}
    assert {one.recipient for one in smtp.accepted} == set(SUBSCRIBERS)
