"""What tests of the flows share: a newsletter's folder, and Prefect's API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import tomlkit

from digest.demo.prefect_server import PrefectServer
from digest.demo.sample_web import SampleWeb
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.subscribers.operator_actions import add
from digest.store.engine import open_store
from digest.week import Week
from tests.steps.alerting.hook_server import Hook, hook_server

WEEK = Week(2026, 10)
MOMENT = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
UNDER_WAY = ("SCHEDULED", "PENDING", "RUNNING")


@dataclass(frozen=True)
class PrefectSetup:
    """A newsletter's folder, and the Prefect server that runs its flows."""

    folder: Path
    context: Context
    api: httpx.Client
    environment: dict[str, str]
    watchdog: Hook

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def _id(self, deployment: str) -> str:
        id_: str = self.api.get(f"/deployments/name/{deployment}").raise_for_status().json()["id"]
        return id_

    def run(self, deployment: str, **parameters: object) -> str:
        """Start a run, as `prefect deployment run` does, without the seconds that command takes; its id."""
        url = f"/deployments/{self._id(deployment)}/create_flow_run"
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        id_: str = self.api.post(url, json=body).raise_for_status().json()["id"]
        return id_

    def refusal(self, deployment: str, **parameters: str) -> str:
        """Why Prefect does not even begin a run with these parameters."""
        url = f"/deployments/{self._id(deployment)}/create_flow_run"
        answer = self.api.post(url, json={"parameters": parameters})
        assert answer.status_code == 409
        return answer.text

    def flow_run(self, run: str) -> dict[str, Any]:
        run_: dict[str, Any] = self.api.get(f"/flow_runs/{run}").raise_for_status().json()
        return run_

    def state(self, run: str) -> dict[str, Any]:
        state_: dict[str, Any] = self.flow_run(run)["state"]
        return state_

    def artifact(self, key: str) -> list[dict[str, Any]]:
        """The rows of the newest table with that key."""
        artifact = self.api.get(f"/artifacts/{key}/latest").raise_for_status().json()
        rows: list[dict[str, Any]] = json.loads(artifact["data"])
        return rows

    def log(self) -> list[str]:
        """The messages of Digest's loggers on the pages of all runs, newest first."""
        query = {"logs": {"level": {"ge_": 0}}, "limit": 200, "sort": "TIMESTAMP_DESC"}
        rows = self.api.post("/logs/filter", json=query).raise_for_status().json()
        return [row["message"] for row in rows if row["name"].startswith("digest.")]

    def runs(self, deployment: str) -> list[dict[str, Any]]:
        body = {"deployments": {"id": {"any_": [self._id(deployment)]}}, "sort": "EXPECTED_START_TIME_ASC"}
        runs: list[dict[str, Any]] = self.api.post("/flow_runs/filter", json=body).raise_for_status().json()
        return runs


class PatientTransport(httpx.HTTPTransport):
    """Asks again while the server answers 503, as Prefect's own client does: its database is busy."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        ask = super().handle_request

        def answer() -> httpx.Response | None:
            response = ask(request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return response
            response.close()
            return None

        response: httpx.Response = until("Prefect answers", answer)
        return response


def client_of(server: PrefectServer) -> httpx.Client:
    """Return a client of the server's API."""
    transport = PatientTransport()
    return httpx.Client(base_url=server.url, auth=server.login, timeout=60, trust_env=False, transport=transport)


def until(what: str, condition: Callable[[], Any], seconds: float = 240) -> Any:
    """Poll until `condition()` is true, and return its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.3)  # polling a server that has no way to tell us
    raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def environment(**values: str) -> Iterator[dict[str, str]]:
    before = dict(os.environ)
    os.environ |= values
    try:
        yield dict(os.environ)
    finally:
        os.environ.clear()
        os.environ |= before


@contextmanager
def newsletter(
    folder: Path,
    server: PrefectServer,
    web: SampleWeb,
    *,
    smtp_port: int,
    subscribers: Sequence[str],
    **newsletter_table: str,
) -> Iterator[PrefectSetup]:
    """A newsletter in `folder` whose flows `server` runs. Its clock stands at MOMENT, but not in the environment."""
    with hook_server() as watchdog:
        yield from _newsletter(folder, server, web, watchdog, smtp_port, subscribers, newsletter_table)


def _newsletter(
    folder: Path,
    server: PrefectServer,
    web: SampleWeb,
    watchdog: Hook,
    smtp_port: int,
    subscribers: Sequence[str],
    newsletter_table: Mapping[str, str],
) -> Iterator[PrefectSetup]:
    document = tomlkit.document()
    table = {"title": "The Test Digest", "from": "digest@example.org", "timezone": "Europe/London"}
    document["newsletter"] = table | newsletter_table
    document["collect"] = {"allow_networks": ["127.0.0.0/8"]}
    document["store"] = {"url": "sqlite:///digest.db"}
    document["smtp"] = {"port": smtp_port}
    document["alerts"] = {"heartbeat_url": watchdog.url}
    document["desk"] = {"address": "https://desk.example.org"}
    document["sources"] = [{k: v for k, v in row.items() if v} for row in web.sources()]
    path = folder / "digest.toml"
    path.write_text(tomlkit.dumps(document))
    settings = load_settings(path)
    store = open_store(settings.store_url)
    context = Context(settings, store, lambda: MOMENT)
    for subscriber in subscribers:
        add(context, subscriber)
    server.wait()
    with client_of(server) as api:
        yield PrefectSetup(folder, context, api, dict(os.environ) | {"DIGEST_CONFIG": str(path)}, watchdog)
    store.close()
