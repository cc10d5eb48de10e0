"""`digest` for tests: in this process, which is quick, and in one of its own, where that is the point."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from digest.cli.main import main
from digest.demo.sample_web import SampleWeb
from digest.week import Week
from tests.conftest import ROOT

WEEK = "2026-W10"
NOW = "2026-03-09T06:30:00+00:00"


def digest(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command as its entry point does, with nothing in the environment but what is given."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with _process_state(cwd or Path.cwd(), _environment(environment)):
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main(list(arguments))
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def digest_process(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "digest", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        env=_environment(environment),
        timeout=120,
    )


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "200", **more}


@contextlib.contextmanager
def _process_state(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """The folder and the environment that a process of its own would have."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def newsletter_with_a_draft(folder: Path, tables: str = "") -> Path:
    """Make a newsletter of one sample source, whose week is composed; `tables` are more lines of its settings."""
    with SampleWeb(Week.parse(WEEK)) as web:
        source = web.sources()[0]
        (folder / "digest.toml").write_text(
            f'[newsletter]\ntitle = "T"\nfrom = "digest@example.org"\n{tables}\n'
            '[collect]\nallow_networks = ["127.0.0.0/8"]\n'
            f'[[sources]]\nname = "{source["name"]}"\nfeed = "{source["feed"]}"\n'
        )
        for command in (("collect",), ("compose", "--week", WEEK)):
            done = digest(*command, cwd=folder, DIGEST_NOW=NOW)
            assert done.returncode == 0, done.stderr
    return folder
