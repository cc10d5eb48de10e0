"""Run what compose.yaml runs of ours, and ask each service for its health as Docker would; for try_deploy.sh.

There is no Docker: the caller gives a file system that is read-only, and a user without capabilities. Instead of
PostgreSQL, Prefect and the newsletter have SQLite. All share one loopback, by the names in /etc/hosts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

SERVICES = ("prefect", "setup", "worker", "alerts", "desk", "public")
PASSWORDS = dict.fromkeys(("POSTGRES_PASSWORD", "PREFECT_PASSWORD", "DIGEST_DESK_PASSWORD"), "apassword12345678") | {
    "DIGEST_SECRET_KEY": "asecretkeyof32characters12345678"
}
IMAGE = {
    "PATH": "/opt/digest/bin:/usr/bin:/bin",
    "HOME": "/srv/newsletter",
    "DIGEST_CONFIG": "/srv/newsletter/digest.toml",
    "PREFECT_HOME": "/srv/newsletter/var/prefect",
    "DO_NOT_TRACK": "1",
}
SQLITE = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////tmp/prefect.db"}
SECONDS = 240


def main() -> None:
    services: dict[str, Any] = yaml.safe_load(Path(sys.argv[1]).read_text("utf-8"))["services"]
    os.chdir("/srv/newsletter")
    subprocess.run(["/opt/digest/bin/digest", "init"], env=IMAGE, check=True, stdout=subprocess.DEVNULL)
    try:
        Path("/opt/digest/written").touch()
    except OSError as error:
        print(f"as user {os.getuid()}: {error}")
    else:
        sys.exit("The file system can be written.")
    for name in SERVICES:
        service = services[name]
        environment = IMAGE | {key: _filled(str(value)) for key, value in service["environment"].items()} | SQLITE
        process = subprocess.Popen([_filled(word) for word in service["command"]], env=environment)  # noqa: S603
        if name == "setup":
            if process.wait(SECONDS):
                sys.exit("setup failed")
        elif probe := service["healthcheck"].get("test"):
            _until_healthy(name, process, probe[1:], environment)
        else:
            time.sleep(10)
            if process.poll() is not None:
                sys.exit(f"{name} has ended")
            print(f"{name}: runs")


def _filled(text: str) -> str:
    """Put the values of .env where Docker Compose would."""
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: PASSWORDS.get(found[1], found[2] or ""), text)


def _until_healthy(name: str, process: subprocess.Popen[bytes], probe: list[str], environment: dict[str, str]) -> None:
    deadline = time.monotonic() + SECONDS
    while subprocess.run(probe, env=environment, check=False, capture_output=True).returncode:  # noqa: S603
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"{name} is not healthy")
        time.sleep(1)
    print(f"{name}: healthy")


if __name__ == "__main__":
    main()
