"""One check for tests, and a remedy as it is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomlkit

from digest.settings import Settings, load_settings
from digest.steps.checks import Check, Line, run_checks
from tests.cli.commands import digest

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)


def settings_in(folder: Path, **tables: Any) -> Settings:
    document = {"newsletter": {"title": "T", "from": "t@example.org"}, **tables}
    (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
    return load_settings(folder / "digest.toml")


def lines_of(run: Any, settings: Settings, *, now: datetime = NOW) -> list[Line]:
    return list(run_checks([Check("the check", run)], settings, now))


def commands_in(remedy: str) -> list[str]:
    """The commands that a remedy prints."""
    return re.findall(r"`([^`]+)`", remedy)


def do_as_printed(command: str, *, cwd: Path, **environment: str) -> None:
    """Run a command as an operator would who copies it."""
    words = shlex.split(command)
    if words[0] == "digest":
        done = digest(*words[1:], cwd=cwd, **environment)
    else:
        words = [sys.executable, "-m", *words] if words[0] == "prefect" else words
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(cwd), **environment}
        done = subprocess.run(
            words, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
