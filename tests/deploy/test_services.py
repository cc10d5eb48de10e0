from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from cronsim import CronSim

from digest.services import SERVICES, calendar, crontab
from tests.cli.commands import digest
from tests.conftest import ROOT

START = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
CRON = {one.cron for one in SERVICES if one.cron}
OTHERS = {"5 4 * * 7", "0 9 1 * *", "*/20 6-9 * 1,6 *", "30 7 * * MON-FRI", "0 0 */10 * *", "15 10 * * 0,3"}


@pytest.mark.parametrize("line", sorted(CRON | OTHERS))
def test_a_timer_starts_when_cron_would(line: str) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    expected = [f"{moment:%Y-%m-%d %H:%M:%S} UTC" for moment in islice(CronSim(line, START), 6)]
    base = f"--base-time={START:%Y-%m-%d %H:%M:%S} UTC"
    command = ["systemd-analyze", "calendar", "--iterations=6", base, calendar(line)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"TZ": "UTC", **os.environ})
    assert re.findall(r"(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w+ (.+)", done.stdout) == expected


def test_days_of_the_month_and_of_the_week_together_are_refused() -> None:
    with pytest.raises(ValueError, match="write two timers"):
        calendar("0 6 1 * MON")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin/ of an environment that has this checkout, found by no variable."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "checkout.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n", "utf-8")
    script = folder / "bin" / "digest"
    script.write_text(f"#!{folder / 'bin' / 'python'}\nfrom digest.cli.main import main\n\nmain()\n", "utf-8")
    script.chmod(0o755)
    return script.parent


@pytest.mark.slow
@pytest.mark.thorough
def test_the_crontab_that_init_prints_works_with_cron_s_environment(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "100% ours"
    command = [str(installed / "digest"), "init", str(folder)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    _without_sources(folder)
    lines = [line for line in printed.splitlines() if re.match(r"[*0-9]", line)]
    assert len(lines) == 5
    for line in lines:
        _run_as_cron(line, tmp_path)


@pytest.mark.thorough
def test_the_crontab_on_the_page_works_as_copied_where_the_page_on_deploying_installs(
    installed: Path, tmp_path: Path
) -> None:
    """The folders that both pages name are made in a mount namespace."""
    inside = ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-ec"]
    if subprocess.run([*inside, "mount -t tmpfs none /opt"], check=False, capture_output=True).returncode:
        pytest.skip("unshare may not mount here")
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    found = re.search(r"<!-- crontab -->\n```\n(.*?)\n```", page, re.DOTALL)
    assert found
    folder = tmp_path / "newsletter"
    digest("init", str(folder))
    _without_sources(folder)
    for line in found[1].splitlines():
        prepared = (
            f"mount -t tmpfs none /opt; mkdir -p /opt/digest; ln -s {installed} /opt/digest/bin\n"
            f"mount -t tmpfs none /srv; mkdir -p /srv/digest; ln -s {folder} /srv/digest/comms\n"
        )
        _run_as_cron(line, tmp_path, before=(*inside, f'{prepared}exec /bin/sh -c "$1"', "sh"))


def test_a_path_with_a_percent_sign_or_a_blank_is_one_word_to_cron() -> None:
    (first, *_) = crontab("/opt/digest/bin/digest", "/srv/100% ours/digest.toml")
    assert r" --config '/srv/100\% ours/digest.toml' " in first


def _run_as_cron(line: str, home: Path, before: tuple[str, ...] = ()) -> None:
    """Run a line of a crontab: after five fields the rest goes to the shell, with \\% for %: crontab(5)."""
    command = line.split(None, 5)[5].replace(r"\%", "%")
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "digest"}
    shell = before or ("/bin/sh", "-c")
    done = subprocess.run(
        [*shell, command], cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in (0, 4), f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"


def _without_sources(folder: Path) -> None:
    settings = folder / "digest.toml"
    settings.write_text(settings.read_text("utf-8").partition("\n[[sources]]")[0], "utf-8")
