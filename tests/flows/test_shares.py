"""A week on three workers, each with a folder of its own, on a real Prefect server and PostgreSQL; one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from digest.demo.prefect_server import prefect_server
from digest.model import EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.editing.edition_view import load
from digest.store import shares
from digest.store.engine import open_store
from tests.flows.prefect_setup import client_of
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.shares.machines import SECRET, environment, everyone_exactly_one, machine, subscribe
from tests.steps.newsletter_setup import WEEK, set_up

pytestmark = [pytest.mark.prefect, pytest.mark.postgres, pytest.mark.thorough, pytest.mark.timeout(900)]
SUBSCRIBERS = 300
MACHINES = ("first", "second", "third")


def until(what: str, condition: Callable[[], Any], seconds: float = 240) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {what}")


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with serving() as started:
        yield started


@pytest.fixture
def context(tmp_path: Path, postgres_url: str, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """A newsletter that needs no approval, on the first machine."""
    monkeypatch.setenv("DIGEST_SECRET_KEY", SECRET)
    (tmp_path / "first").mkdir()
    store = open_store(postgres_url)
    tables: dict[str, dict[str, Any]] = {
        "smtp": {"port": smtp.port, "connections": 6},
        "scale": {"shares": 3},
        "store": {"url": postgres_url},
        "approval": {"mode": "automatic"},
    }
    with set_up(tmp_path / "first", store, tables=tables) as newsletter:
        subscribe(newsletter.context, SUBSCRIBERS)
        yield replace(newsletter.context, notifiers=())
    store.close()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[httpx.Client]:
    """A Prefect server."""
    before = dict(os.environ)
    try:
        with prefect_server(tmp_path) as server:
            server.wait()
            with client_of(server) as client:
                yield client
    finally:
        os.environ.clear()
        os.environ |= before


@contextmanager
def worker(folder: Path, context: Context) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that runs one flow at a time, with a folder of its own."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "digest", "--limit", "1"]
    own = environment(folder, context) | {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_WORKER_QUERY_SECONDS": "2"}
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen([*command, "--name", folder.name], cwd=folder, env=own, stdout=log, stderr=log)
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 a worker and all that it runs, as a machine that loses its power."""
    if process.poll() is not None:
        return
    for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
        try:
            one.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.wait()


def runs_of(api: httpx.Client, flow: str) -> list[dict[str, Any]]:
    body = {"flows": {"name": {"any_": [flow]}}}
    rows: list[dict[str, Any]] = api.post("/flow_runs/filter", json=body).raise_for_status().json()
    return rows


def story(api: httpx.Client, folders: list[Path]) -> str:
    """What runs and workers say, for a failure."""
    rows = api.post("/flow_runs/filter", json={}).json()
    lines = [f"{row['name']}: {row['state']['name']} {row['state']['message']}" for row in rows]
    rows = api.post("/logs/filter", json={"limit": 100, "sort": "TIMESTAMP_ASC"}).json()
    return "\n".join(
        [*lines, *(row["message"] for row in rows), *((one / "worker.log").read_text() for one in folders)]
    )


def test_a_week_on_three_workers_of_which_one_dies(
    context: Context, api: httpx.Client, smtp: SmtpServer, tmp_path: Path
) -> None:
    folders = [tmp_path / "first", machine(tmp_path / "first", "second"), machine(tmp_path / "first", "third")]
    done = subprocess.run(
        [sys.executable, "-m", "digest", "setup"],
        cwd=folders[0],
        env=environment(folders[0], context),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "share/part" in done.stdout
    for one in api.post("/deployments/filter", json={}).raise_for_status().json():
        # Each machine has the settings in a folder of its own.
        change, url = {"job_variables": {}}, f"/deployments/{one['id']}"
        until("Prefect takes the change", lambda change=change, url=url: api.patch(url, json=change).is_success)
    weekly = api.get("/deployments/name/weekly-digest/weekly").raise_for_status().json()["id"]
    smtp.delay = lambda: 0.4  # for each reply, until all three are sending
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(folder, context)) for folder in folders]
        body = {"parameters": {"week": str(WEEK)}, "state": {"type": "SCHEDULED"}}
        url = f"/deployments/{weekly}/create_flow_run"
        parent = until("Prefect takes it", lambda: (one := api.post(url, json=body)).is_success and one.json()["id"])

        def sending() -> int:
            with context.store.reading() as connection:
                return shares.living(connection, Mailing(WEEK))

        try:
            until("three shares send", lambda: sending() == 3, 420)
        except AssertionError as error:
            raise AssertionError(story(api, folders)) from error
        smtp.delay = lambda: 0.02
        until("a part of them is sent", lambda: len(smtp.accepted) > SUBSCRIBERS // 4)
        pid = int(api.get(f"/flow_runs/{parent}").raise_for_status().json()["infrastructure_pid"].split(":")[-1])
        (killed,) = (one for one in workers if pid in {each.pid for each in psutil.Process(one.pid).children(True)})
        kill(killed)
        until("the edition is sent", lambda: load(context, WEEK).status is EditionStatus.SENT, 120)
    counts = everyone_exactly_one(context, smtp, WEEK, SUBSCRIBERS)
    assert counts.uncertain <= 6  # what the killed one had under way
    assert smtp.most_open <= 6
    assert len(load(context, WEEK).edition.posts) > 10
    work = {(run["parameters"]["work"], run["parameters"]["number"]) for run in runs_of(api, "share")}
    assert work == {(what, number) for what in ("collect", "read", "send") for number in (2, 3)}
