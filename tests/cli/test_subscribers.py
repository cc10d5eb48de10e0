"""`digest subscribers`: what an operator sees."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli.subscribers import app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "digest.toml").write_text('[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_suppressed_readers_are_listed_as_what_they_are(folder: Path) -> None:
    for name in ("ada", "bo", "cy"):
        assert run("add", f"{name}@example.org").exit_code == 0
    assert run("suppress", "bo@example.org", "--reason", "asked by letter").exit_code == 0
    assert run("remove", "cy@example.org").exit_code == 0

    lines = run("list").stdout.splitlines()
    assert lines == [
        "ada@example.org  –  active  all themes",
        "bo@example.org  –  suppressed (asked by letter)  all themes",
        "cy@example.org  –  left  all themes",
        "0 pending, 1 active, 0 paused, 1 left, 1 suppressed",
    ]
    found = json.loads(run("list", "--json").stdout)
    assert found["counts"] == {"pending": 0, "active": 1, "paused": 0, "left": 1, "suppressed": 1}
    assert [(one["status"], one["reason"]) for one in found["subscribers"]] == [
        ("active", ""),
        ("suppressed", "asked by letter"),
        ("left", "left"),
    ]
    assert run("list", "--status", "suppressed").stdout.splitlines()[0].startswith("bo@example.org")
    exported = list(csv.DictReader(io.StringIO(run("export").stdout)))
    assert [row["status"] for row in exported] == ["active", "suppressed", "left"]
