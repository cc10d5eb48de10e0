"""Two newsletters on one machine and one Prefect server: neither takes what is the other's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.demo.prefect_server import prefect_server, stop
from digest.settings import load_settings
from digest.store import editions
from digest.store.engine import open_store
from digest.week import Week
from tests.flows.prefect_setup import client_of, environment, until

pytestmark = [pytest.mark.prefect, pytest.mark.thorough, pytest.mark.timeout(1800)]
FLOWS = (("weekly-digest", "weekly"), ("send-edition", "approved"), ("send-edition", "retry"), ("collect", "hourly"))


@dataclass(frozen=True)
class Newsletter:
    folder: Path
    title: str

    def write(self, slug: str = "") -> None:
        text = f'[newsletter]\ntitle = "{self.title}"\nslug = "{slug}"\nfrom = "digest@example.org"\n'
        self.folder.mkdir(exist_ok=True)
        (self.folder / "digest.toml").write_text(text, "utf-8")

    def digest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "digest", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120)

    def weeks(self) -> list[Week]:
        store = open_store(load_settings(self.folder / "digest.toml").store_url)
        try:
            with store.reading() as connection:
                return [row.week for row in editions.list_all(connection)]
        finally:
            store.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with environment(), prefect_server(tmp_path_factory.mktemp("server")) as server:
        server.wait()
        with client_of(server) as client:
            yield client


@contextmanager
def worker(newsletter: Newsletter, pool: str) -> Iterator[None]:
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool]
    with (newsletter.folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=newsletter.folder, env=dict(os.environ), stdout=log, stderr=log)
        try:
            yield
        finally:
            stop(process)


def names(api: httpx.Client) -> dict[str, str]:
    """The folder whose settings each deployment reads, by the deployment's name."""
    rows = api.post("/deployments/filter", json={}).raise_for_status().json()
    return {row["name"]: Path(row["job_variables"]["env"]["DIGEST_CONFIG"]).parent.name for row in rows}


def test_each_newsletter_keeps_its_deployments_and_runs_them_on_its_own_pool(api: httpx.Client, tmp_path: Path) -> None:
    first, second = Newsletter(tmp_path / "first", "The First"), Newsletter(tmp_path / "second", "The Second")
    first.write()
    second.write()
    assert first.digest("setup").returncode == 0
    refused = second.digest("setup")
    assert refused.returncode == 2, refused.stderr
    assert "weekly-digest/weekly on this Prefect server belongs to the newsletter 'the-first'" in refused.stderr
    assert 'slug = "the-second"' in refused.stderr

    namesake = Newsletter(tmp_path / "second", "The First")
    namesake.write()
    refused = namesake.digest("setup")
    assert refused.returncode == 2, refused.stderr
    assert f"weekly-digest/weekly on this Prefect server belongs to {first.folder}/digest.toml" in refused.stderr

    second.write(slug="the-second")
    done = second.digest("setup")
    assert done.returncode == 0, done.stderr
    plain = {name: "first" for _, name in FLOWS}
    assert names(api) == plain | {f"{name}-the-second": "second" for _, name in FLOWS}

    with ExitStack() as stack:
        stack.enter_context(worker(first, "digest"))
        stack.enter_context(worker(second, "digest-the-second"))
        for name, week in (("weekly", "2026-W10"), ("weekly-the-second", "2026-W11")):
            run = _run(api, f"weekly-digest/{name}", week=week, send=False)
            until(f"{name} has ended", lambda run=run: _state(api, run)["type"] in ("COMPLETED", "FAILED", "CRASHED"))
            state = _state(api, run)
            assert state["type"] == "COMPLETED", state["message"]
    assert (first.weeks(), second.weeks()) == ([Week(2026, 10)], [Week(2026, 11)])

    first.write(slug="the-first")
    done = first.digest("setup")
    assert done.returncode == 0, done.stderr
    assert "deployment weekly-digest/weekly: removed" in done.stdout
    expected = {f"{name}-the-{which}": which for _, name in FLOWS for which in ("first", "second")}
    assert names(api) == expected


def _run(api: httpx.Client, deployment: str, **parameters: Any) -> str:
    id_ = api.get(f"/deployments/name/{deployment}").raise_for_status().json()["id"]
    body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
    run: str = api.post(f"/deployments/{id_}/create_flow_run", json=body).raise_for_status().json()["id"]
    return run


def _state(api: httpx.Client, run: str) -> dict[str, Any]:
    state: dict[str, Any] = api.get(f"/flow_runs/{run}").raise_for_status().json()["state"]
    return state
