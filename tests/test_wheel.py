"""The wheel is what people install: it holds all that a checkout has, and works without one."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    target = folder / "unpacked"
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


def test_the_wheel_works_outside_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    assert run(unpacked, tmp_path, "init").returncode == 0
    checked = run(unpacked, tmp_path, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = {line["what"]: line for line in json.loads(checked.stdout)}
    assert lines["store"]["verdict"] == "ok"
    assert lines["templates"]["verdict"] == "ok"
    assert (tmp_path / "templates" / "email" / "digest.mjml.j2").exists()
    assert str(ROOT) not in checked.stdout
