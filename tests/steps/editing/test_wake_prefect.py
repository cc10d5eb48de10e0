"""Waking Prefect after an approval, against a server on loopback that is sometimes too busy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from digest.log import listening
from digest.steps.context import Context
from digest.steps.editing.wake_prefect import RequestRules, wake
from tests.steps.newsletter_setup import WEEK
from tests.steps.ready_weeks import ReadyWeeks


@contextmanager
def prefect(
    monkeypatch: pytest.MonkeyPatch,
    *,
    busy: int = 0,
    logins: list[str] | None = None,
    deployment: dict[str, Any] | None = None,
) -> Iterator[list[tuple[str, Any]]]:
    """The part of Prefect's API that waking uses: `busy` for so many requests of each kind. Records its requests."""
    requests: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200)

        def do_POST(self) -> None:
            self._answer(201)

        def _answer(self, status: int) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((self.command, json.loads(body) if body else None))
            if logins is not None:
                logins.append(self.headers.get("Authorization", ""))
            too_busy = sum(command == self.command for command, _ in requests) <= busy
            self.send_response(503 if too_busy else status)
            self.end_headers()
            self.wfile.write(b"{}" if too_busy else json.dumps({"id": "0", **(deployment or {})}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_address[1]}/api")
        try:
            yield requests
        finally:
            server.shutdown()


@pytest.fixture
def context(tmp_path: Path, store_url: str, weeks: ReadyWeeks, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """An approved edition."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with weeks.ready(tmp_path, store_url, sources=("Working at Estuary",)) as newsletter:
        yield newsletter.context


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_busy_server_is_asked_again(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wake(context, WEEK) == "", "there is no server"
    with prefect(monkeypatch, busy=1) as requests:
        assert wake(context, WEEK) == "Prefect sends the edition now."
    assert [command for command, _ in requests] == ["GET", "GET", "POST", "POST"]
    first, second = (body for command, body in requests if command == "POST")
    assert first == second, "so that two that both arrive start one run"
    assert first["idempotency_key"].startswith(f"send:{WEEK}:")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_server_that_stays_busy_is_no_failure(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    with prefect(monkeypatch, busy=100) as requests, listening(lines.append):
        assert wake(context, WEEK, rules=RequestRules(attempts=3, first_wait=0.01)) == ""
    assert len(requests) == 3
    assert "Prefect could not be reached" in lines[-1]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("variable", "value", "header"),
    [
        ("PREFECT_API_AUTH_STRING", "admin:pass:word", "Basic YWRtaW46cGFzczp3b3Jk"),
        ("PREFECT_API_KEY", "pnu_123", "Bearer pnu_123"),
    ],
)
def test_waking_logs_in_as_prefects_own_clients_do(
    context: Context, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, header: str
) -> None:
    monkeypatch.setenv(variable, value)
    logins: list[str] = []
    with prefect(monkeypatch, busy=0, logins=logins):
        assert wake(context, WEEK) == "Prefect sends the edition now."
    assert logins == [header, header]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("pool", "remedy"),
    [("digest", "prefect worker start --pool digest"), (None, "`digest serve` is not at work: start it")],
)
def test_where_nothing_runs_the_deployment_the_run_is_planned_and_the_log_says_who_is_missing(
    context: Context, monkeypatch: pytest.MonkeyPatch, pool: str | None, remedy: str
) -> None:
    log: list[str] = []
    idle = {"status": "NOT_READY", "work_pool_name": pool}
    with prefect(monkeypatch, deployment=idle) as requests, listening(log.append):
        assert wake(context, WEEK) == "", "the desk sends it"
    assert [command for command, _ in requests] == ["GET", "POST"]
    assert any(remedy in line for line in log)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_paused_schedules_are_a_warning(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    with prefect(monkeypatch, deployment={"paused": True, "status": "READY"}), listening(log.append):
        assert wake(context, WEEK) == "Prefect sends the edition now."
    assert any("The schedules of send-edition/approved are paused" in line for line in log)
