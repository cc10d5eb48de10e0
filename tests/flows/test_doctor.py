"""What `digest doctor` sees of a real Prefect server, and its remedies, done as they are printed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.demo.prefect_server import prefect_server, stop
from digest.settings import Settings
from digest.steps.checks import Line, Verdict, prefect
from tests.cli.commands import digest_process
from tests.conftest import ROOT
from tests.flows.prefect_setup import client_of, until
from tests.steps.checks.doctor_run import commands_in, do_as_printed, lines_of, settings_in

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]


@pytest.mark.parametrize(("slug", "shares"), [("", 1), ("comms", 3)])
def test_the_doctor_expects_the_deployments_that_are_registered(tmp_path: Path, slug: str, shares: int) -> None:
    from flows.serve import deployments

    newsletter = {"title": "T", "from": "t@example.org", "slug": slug}
    settings = settings_in(
        tmp_path,
        newsletter=newsletter,
        schedule={"send": "0 9 * * MON"},
        scale={"shares": shares},
        store={"url": "postgresql://localhost/digest"},
    )
    registered = [
        (one.flow_name, one.name, getattr(one.schedules[0].schedule, "cron", "") if one.schedules else "")
        for one in asyncio.run(deployments(settings))
    ]
    assert sorted((one.flow, one.name, one.cron) for one in prefect.expected(settings)) == sorted(registered)


@dataclass(frozen=True)
class Examined:
    folder: Path
    settings: Settings
    api: httpx.Client

    @property
    def environment(self) -> dict[str, str]:
        names = ("PREFECT_", "DO_NOT_TRACK", "DIGEST_CONFIG")
        return {name: value for name, value in os.environ.items() if name.startswith(names)}

    def lines(self) -> list[Line]:
        return [*lines_of(prefect.server, self.settings), *lines_of(prefect.deployments, self.settings)]

    def wrong(self, about: str = "") -> list[Line]:
        return [line for line in self.lines() if line.verdict is not Verdict.OK and about in line.message]

    def digest(self, *arguments: str) -> None:
        done = digest_process(*arguments, cwd=self.folder, **self.environment)
        assert done.returncode == 0, done.stdout + done.stderr

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/deployments/name/{name}").raise_for_status().json()
        return found

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        """Run a command as it is printed, until the block ends."""
        words = [sys.executable, "-m", *command.split()]
        surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.environment}
        with (self.folder / "running.log").open("wb") as log:
            process = subprocess.Popen(words, cwd=self.folder, env=surroundings, stdout=log, stderr=log)
        try:
            yield
        finally:
            stop(process)


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examined]:
    folder = tmp_path_factory.mktemp("examined")
    settings = settings_in(folder)
    before = dict(os.environ)
    try:
        with prefect_server(folder) as server:
            os.environ["DIGEST_CONFIG"] = str(settings.path)
            server.wait()
            with client_of(server) as api:
                yield Examined(folder, settings, api)
    finally:
        os.environ.clear()
        os.environ |= before


def test_without_prefect_there_is_nothing_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    settings = settings_in(tmp_path)
    (line,) = lines_of(prefect.server, settings)
    assert (line.verdict, line.message[:13]) == (Verdict.OK, "not used here")
    assert lines_of(prefect.deployments, settings) == []


def test_a_server_that_is_not_there_is_named_with_what_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = 'active = "work"\n[profiles.work]\nPREFECT_API_URL = "http://127.0.0.1:1/api"\n'
    (tmp_path / "profiles.toml").write_text(profiles)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PREFECT_PROFILE", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    settings = settings_in(tmp_path)
    (line,) = lines_of(prefect.server, settings)
    assert line.verdict is Verdict.ERROR
    assert f"(the profile work of {tmp_path / 'profiles.toml'}) cannot be reached" in line.message
    assert lines_of(prefect.deployments, settings) == []


@pytest.mark.thorough
def test_a_log_in_that_is_refused(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "demo:guess")
    (line,) = examined.lines()
    assert line.verdict is Verdict.ERROR
    assert "refuses our log-in" in line.message
    assert "guess" not in str(line)


@pytest.mark.thorough
def test_each_fault_is_named_and_its_remedy_mends_it(examined: Examined) -> None:
    (line,) = examined.wrong()
    assert "weekly-digest/weekly, send-edition/approved, send-edition/retry, collect/hourly" in line.message
    assert commands_in(line.remedy) == ["digest serve", "digest setup"]
    examined.digest("setup")

    (line,) = examined.wrong()
    assert line.message == "the work pool digest has no worker"
    (command,) = commands_in(line.remedy)
    with examined.running(command):
        until("the worker is at work", lambda: not examined.wrong())

        do_as_printed("prefect work-pool pause digest", cwd=examined.folder, **examined.environment)
        (line,) = examined.wrong("is paused")
        (command,) = commands_in(line.remedy)
        do_as_printed(command, cwd=examined.folder, **examined.environment)
        assert not examined.wrong()

        weekly = examined.deployment("weekly-digest/weekly")
        schedule = weekly["schedules"][0]["id"]
        path = f"/deployments/{weekly['id']}"
        examined.api.patch(f"{path}/schedules/{schedule}", json={"active": False}).raise_for_status()
        (line,) = examined.wrong()
        assert line.message == "the schedule of weekly-digest/weekly is off"
        (command,) = commands_in(line.remedy)
        do_as_printed(command, cwd=examined.folder, **examined.environment)
        assert not examined.wrong()

        examined.api.post(f"{path}/pause_deployment").raise_for_status()
        (line,) = examined.wrong("the deployment")
        assert "digest setup" in commands_in(line.remedy)
        examined.digest("setup")
        assert not examined.wrong()

        body = {"state": {"type": "CRASHED", "name": "Crashed", "message": "the machine went away"}}
        hourly = examined.deployment("collect/hourly")
        run = examined.api.post(f"/deployments/{hourly['id']}/create_flow_run", json=body).raise_for_status().json()
        (line,) = examined.wrong()
        assert "the last run of collect/hourly ended" in line.message
        assert line.message.endswith("as Crashed: the machine went away")
        (command,) = commands_in(line.remedy)
        assert run["id"] in command
        do_as_printed(command, cwd=examined.folder, **examined.environment)
