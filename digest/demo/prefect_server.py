"""The demo's own Prefect server, in a process of its own on loopback."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from digest.errors import DigestError
from digest.private_files import open_private, private_folder

LOG = logging.getLogger(__name__)

_START_SECONDS = 240


@dataclass
class PrefectServer:
    """A Prefect server that this process has started."""

    url: str
    login: tuple[str, str]  # user and password
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Wait until it answers. Raises DigestError, with the end of its log, if it does not start."""
        started = reported = time.monotonic()
        while time.monotonic() - started < _START_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", timeout=2, trust_env=False).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() - reported >= 5:
                reported = time.monotonic()
                LOG.info("Still starting, after %.0f s …", reported - started)
            time.sleep(0.2)
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
        raise DigestError(
            f"Prefect's server did not start within {_START_SECONDS} seconds:\n{tail}", f"See {self.log}."
        )


@contextmanager
def prefect_server(folder: Path) -> Iterator[PrefectServer]:
    """Run a Prefect server on a free port of loopback and point the environment at it. Telemetry is off.

    Who can reach a Prefect server can run code through it, and all who use this machine reach loopback. So it has a
    log-in, random for each run, which the processes of the demo get by their environment.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    login = ("demo", secrets.token_urlsafe(24))
    os.environ |= {
        "PREFECT_HOME": str((folder / "prefect").resolve()),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_API_AUTH_STRING": ":".join(login),
        "PREFECT_API_AUTH_STRING": ":".join(login),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",  # an approval is acted on within seconds
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }
    private_folder(folder / "prefect")
    log = folder / "prefect.log"
    with open_private(log) as output:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - no shell
        try:
            yield PrefectServer(url, login, process, log)
            _hand_over_logs()
        finally:
            stop(process)


def _hand_over_logs() -> None:
    """Prefect sends its runs' log in the background: the server must still be there for the last lines."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        for handler in logging.getLogger(name).handlers:
            handler.flush()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stop(process: subprocess.Popen[bytes]) -> None:
    """Terminate a process; kill it if it does not end in time."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
