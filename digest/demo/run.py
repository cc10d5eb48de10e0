"""The demo: a web of sample blogs, a mail catcher, a real Prefect server, the real flows, and the editor's desk.

Everything it makes lies in one folder (`var/demo`), which it makes anew each time, but for Prefect's own database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import httpx
import tomlkit

from digest.clock import system_clock
from digest.demo.sample_web import SampleWeb
from digest.errors import DigestError
from digest.settings import Settings, load_settings
from digest.steps.context import Context
from digest.steps.run import Timings
from digest.steps.weeks import week_for
from digest.store.engine import open_store
from digest.web.mail_catcher import MailCatcher

LOG = logging.getLogger(__name__)

SERVER_SECONDS = 120


@dataclass(frozen=True)
class Demo:
    """A running demo: everything is up, the week is composed."""

    context: Context
    week: str
    mailbox: Path
    timings: Timings
    web: SampleWeb


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """Start all of it and run the weekly flow; stop all of it at the end."""
    timings = Timings()
    with ExitStack() as stack:
        LOG.info("Starting a Prefect server on loopback (this takes longest) …")
        _clear(folder)
        server = stack.enter_context(prefect_server(folder))
        with timings.step("sample web and mail catcher"):
            now = system_clock()
            rehearsal = _settings(folder, sources=[], smtp_port=25)
            week = week_for(rehearsal, None, now)
            web = stack.enter_context(SampleWeb(week, zone=rehearsal.newsletter.zone))
            catcher = stack.enter_context(MailCatcher(folder / "mailbox"))
            settings = _settings(folder, sources=web.sources(), smtp_port=catcher.port)
        LOG.info("Sample blogs at %s, mail catcher at 127.0.0.1:%d.", web.url, catcher.port)
        store = open_store(settings.store_url)
        stack.callback(store.close)
        context = Context(settings, store, system_clock)
        with timings.step("subscribers"):
            _subscribe(context)
        with timings.step("Prefect server"):
            server.wait()
        os.environ["DIGEST_CONFIG"] = str(settings.path)
        LOG.info("Running the flow weekly-digest for %s …", week)
        with timings.step("weekly-digest flow"):
            _run_weekly(str(week))
        yield Demo(context, str(week), catcher.folder, timings, web)


def send_by_flow(demo: Demo) -> None:
    """Send the approved edition by the real flow."""
    from flows.send_edition import send_edition

    asyncio.run(send_edition(demo.week))


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """`digest serve` beside the desk, so that an approval there starts the flow send-edition."""
    with (folder / "serve.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "digest", "serve"], stdout=log, stderr=subprocess.STDOUT, env=dict(os.environ)
        )
        try:
            yield
        finally:
            _end(child)


def _clear(folder: Path) -> None:
    """Make the demo's folder anew. Prefect's database stays: its server starts twice as fast with it."""
    if folder.exists():
        for path in folder.iterdir():
            if path.name == "prefect":
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)


def _settings(folder: Path, *, sources: list[dict[str, str]], smtp_port: int) -> Settings:
    """Write the demo's digest.toml and read it as any other."""
    document = tomlkit.parse(resources.files("digest.demo").joinpath("digest.toml").read_text("utf-8"))
    document["smtp"]["port"] = smtp_port
    rows = tomlkit.aot()
    for source in sources:
        row = tomlkit.table()
        row.update({key: value for key, value in source.items() if value})
        rows.append(row)
    if sources:
        document["sources"] = rows
    path = folder / "digest.toml"
    path.write_text(tomlkit.dumps(document), "utf-8")
    return load_settings(path)


def _subscribe(context: Context) -> None:
    from digest.steps.subscribers.import_csv import import_file

    with resources.as_file(resources.files("digest.demo").joinpath("subscribers.csv")) as path:
        import_file(context, path)


def _run_weekly(week: str) -> None:
    from flows.weekly_digest import weekly_digest

    asyncio.run(weekly_digest(week))


# --- Prefect's server -------------------------------------------------------------------------------------------------


@dataclass
class PrefectServer:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Until it answers. Raises DigestError when it does not, with the end of its log."""
        started = reported = time.monotonic()
        while time.monotonic() - started < SERVER_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", timeout=2, trust_env=False).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() - reported >= 5:
                reported = time.monotonic()
                LOG.info("… still starting, %.0f s", reported - started)
            time.sleep(0.2)
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
        raise DigestError(
            f"Prefect's server did not start within {SERVER_SECONDS} seconds:\n{tail}", f"See {self.log}."
        )


@contextmanager
def prefect_server(folder: Path) -> Iterator[PrefectServer]:
    """A Prefect server of our own on a free port of loopback; the environment points at it. Telemetry is off."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    os.environ |= {
        "PREFECT_HOME": str((folder / "prefect").resolve()),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",  # an approval is acted on within seconds
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }
    (folder / "prefect").mkdir(exist_ok=True)
    log = folder / "prefect.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - no shell
        try:
            yield PrefectServer(url, process, log)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
