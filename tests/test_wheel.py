"""The wheel is what people install: it holds all that a checkout has, and works without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    target = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def run(unpacked: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "digest", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(unpacked), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_wheel_holds_templates_migrations_examples_data_and_pages(unpacked: Path) -> None:
    def names(*folders: str) -> set[str]:
        file_names = {path.name for path in ROOT.joinpath(*folders).rglob("*") if path.is_file()}
        return {name for name in file_names if not name.endswith((".pyc", ".mako"))}

    def packed(*folders: str) -> set[str]:
        return {path.name for path in unpacked.joinpath(*folders).rglob("*") if path.is_file()}

    assert names("templates") == packed("digest", "templates")
    for folder in ("store/migrations", "read/data", "web/templates", "web/static", "demo", "cli"):
        missing = names("digest", *folder.split("/")) - packed("digest", *folder.split("/"))
        assert not missing, folder
    assert {"digest.example.toml", "subscribers.example.csv"} == packed("digest", "examples")
    assert names("flows") == packed("flows")


@pytest.mark.thorough
def test_the_wheel_works_outside_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    assert run(unpacked, tmp_path, "init").returncode == 0
    checked = run(unpacked, tmp_path, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = {line["what"]: line for line in json.loads(checked.stdout)}
    assert lines["store"]["verdict"] == "ok"
    assert lines["templates"]["verdict"] == "ok"
    assert (tmp_path / "templates" / "email" / "digest.mjml.j2").exists()
    assert str(ROOT) not in checked.stdout


@pytest.fixture(scope="module")
def pipx_bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where `pipx install WHEEL` has put `digest`: nothing but the wheel, and what pip finds for it."""
    folder = tmp_path_factory.mktemp("pipx")
    venv.create(folder / "pipx", with_pip=True)
    python = folder / "pipx" / "bin" / "python"
    places = {"PIPX_HOME": f"{folder}/home", "PIPX_BIN_DIR": f"{folder}/bin", "PIPX_MAN_DIR": f"{folder}/man"}
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    for command in (["pip", "install", "--quiet", "pipx"], ["pipx", "install", "--backend", "pip", str(wheel)]):
        done = subprocess.run(
            [python, "-m", *command],
            cwd=folder,
            env=environment | places,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if "Could not find a version that satisfies the requirement pipx" in done.stderr:
            pytest.skip("pip finds no pipx here: it reaches no index")
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin"


@pytest.mark.thorough
def test_the_demo_runs_where_pipx_has_installed_the_wheel_alone(pipx_bin: Path, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "anywhere"
    home.mkdir()
    folder.mkdir()
    done = subprocess.run(
        [pipx_bin / "digest", "demo", "--once"],
        cwd=folder,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(ROOT) not in done.stdout + done.stderr
    assert list(home.iterdir()) == []
