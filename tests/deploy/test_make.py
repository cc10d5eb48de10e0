"""The files of deploy/ are what the table makes, and what their readers understand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import make
from digest.cli.main import load
from digest.services import SERVICES, Service, Way, scheduled
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
MADE = make.files()
AGAIN = "run: python -m deploy.make"


@pytest.mark.parametrize("name", MADE)
def test_a_file_is_as_the_table_makes_it(name: str) -> None:
    assert (DEPLOY / name).read_text("utf-8") == MADE[name], AGAIN


def test_no_unit_is_left_from_an_earlier_table() -> None:
    assert {f"systemd/{path.name}" for path in (DEPLOY / "systemd").iterdir()} <= MADE.keys(), AGAIN


def test_the_crontab_on_the_page_is_as_the_table_makes_it() -> None:
    page = make.OPERATING.read_text("utf-8")
    assert make.operating(page) == page, AGAIN


@pytest.mark.parametrize("one", [one for one in SERVICES if one.program == "digest"], ids=lambda one: one.name)
def test_a_service_calls_a_command_and_options_that_exist(one: Service) -> None:
    everywhere = ("--quiet",)  # an option of all commands
    name, *words = [word for word in re.sub(r"\$[A-Z_]+", "1", one.arguments).split() if word not in everywhere]
    command: Any = load(name)
    if words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    command.make_context(name, words)  # parses, and exits if it cannot


@pytest.mark.parametrize("way", Way)
def test_a_target_starts_all_that_every_newsletter_needs(way: Way) -> None:
    target = {Way.TIMERS: "digest@.target", Way.PREFECT: "digest-prefect@.target"}[way]
    wanted = re.findall(r"digest-(\w+)@%i\.(?:timer|service)", MADE[f"systemd/{target}"])
    assert wanted == [one.name for one in SERVICES if way in one.ways and not one.optional]


def test_every_timer_makes_up_for_a_missed_run() -> None:
    timers = [text for name, text in MADE.items() if name.endswith(".timer")]
    assert len(timers) == len(scheduled(Way.TIMERS))
    assert all("\nPersistent=true\n" in text for text in timers)


@pytest.mark.slow
def test_systemd_understands_the_units_and_finds_the_services_well_confined(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in {one.program for one in SERVICES}:
        (programs / program).symlink_to("/bin/true")
    for name, text in make.files(str(programs)).items():
        if name.startswith("systemd/"):
            (tmp_path / Path(name).name.replace("@", "@comms")).write_text(text, "utf-8")
    units = sorted(str(path) for path in tmp_path.glob("digest*"))
    verified = _analyze("verify", *units)
    assert verified == "", verified
    services = [unit for unit in units if unit.endswith(".service")]
    _analyze("security", "--offline=yes", "--threshold=15", *services)  # of 100; "OK" ends at 50


def _analyze(*arguments: str) -> str:
    command = ["systemd-analyze", "--no-pager", "--man=no", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_containers_run_what_prefect_does_not_and_each_can_be_asked_for_its_health() -> None:
    services: dict[str, Any] = yaml.safe_load(MADE["compose.yaml"])["services"]
    others = {"postgres", "prefect", "setup", "caddy"}
    assert services.keys() - others == {one.name for one in SERVICES if Way.PREFECT in one.ways} - {"serve"}
    for name in services.keys() - {"postgres", "caddy"}:
        assert services[name]["read_only"], name
        assert services[name]["cap_drop"] == ["ALL"], name
    assert all("test" in services[name]["healthcheck"] for name in ("postgres", "prefect", "worker", "desk", "public"))
    assert services["bounces"]["command"][-1] == "while :; do digest bounces read; sleep 600; done"


def test_the_image_has_all_that_the_wheel_needs_and_no_root() -> None:
    """No container is built here: `docker build` needs a daemon."""
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", MADE["Dockerfile"], re.MULTILINE))
    files = {name for line in copied for name in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert files == allowed
    wheel = re.search(r"force-include\]\n(.*?)\n\n", (ROOT / "pyproject.toml").read_text("utf-8"), re.DOTALL)
    assert wheel
    assert set(re.findall(r'^"(.+?)" =', wheel[1], re.MULTILINE)) <= files
    last = MADE["Dockerfile"].rpartition("\nFROM ")[2]
    assert re.search(r"^USER \d+$", last, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", last, re.MULTILINE)


@pytest.mark.parametrize("program", ["nginx", "caddy"])
def test_a_proxy_understands_its_example(program: str, tmp_path: Path) -> None:
    if not (path := shutil.which(program)):
        pytest.skip(f"{program} is not installed here")
    if program == "caddy":
        for name in ("Caddyfile", "Caddyfile.compose"):
            command = [path, "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "proxy" / name)]
            environment = {"PAGES_HOST": "digest.example.org", "DESK_HOST": "desk.example.org", "HOME": str(tmp_path)}
            subprocess.run(command, check=True, capture_output=True, env=environment, timeout=30)
        return
    text = re.sub(r"^ +ssl_certificate.*\n", "", MADE["proxy/nginx.conf"], flags=re.MULTILINE)
    text = text.replace("443 ssl;", "443;")  # there are no certificates here
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n{text}}}\n", "utf-8")
    done = subprocess.run([path, "-t", "-c", str(whole)], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
