"""`digest subscribers`: what an operator sees."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli.subscribers import app
from digest.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "digest.toml").write_text('[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_suppressed_subscribers_are_listed_as_suppressed(folder: Path) -> None:
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
    rows = json.loads(run("list", "--json").stdout)
    assert rows["counts"] == {"pending": 0, "active": 1, "paused": 0, "left": 1, "suppressed": 1}
    assert [(one["status"], one["reason"]) for one in rows["subscribers"]] == [
        ("active", ""),
        ("suppressed", "asked by letter"),
        ("left", "left"),
    ]
    assert run("list", "--status", "suppressed").stdout.splitlines()[0].startswith("bo@example.org")
    exported = list(csv.DictReader(io.StringIO(run("export").stdout)))
    assert [row["status"] for row in exported] == ["active", "suppressed", "left"]


def test_a_subscriber_is_weekly_or_monthly(folder: Path) -> None:
    assert run("add", "ada@example.org", "--frequency", "monthly").stdout == "ada@example.org: added\n"
    assert run("list").stdout.splitlines()[0] == "ada@example.org  –  active  all themes, monthly"
    assert run("add", "ada@example.org").stdout == "ada@example.org: unchanged\n"
    assert run("add", "ada@example.org", "--frequency", "weekly").stdout == "ada@example.org: updated: frequency\n"
    done = run("add", "bo@example.org", "--frequency", "daily")
    assert (done.exit_code, "write weekly or monthly" in done.stdout) == (3, True)


def test_file_contents_are_harmless_on_the_terminal(folder: Path) -> None:
    evil = ["a\x1b]0;pwned\x07", "b\u202egro.example@x", "c" * 900 + "@x.example"]
    (folder / "evil.csv").write_text("email\n" + "".join(f"{one}\n" for one in evil), "utf-8")
    done = run("import", "evil.csv")
    assert done.exit_code == 3
    assert not any(char in done.stdout for char in "\x1b\x07\u202e")
    assert max(map(len, done.stdout.splitlines())) < 300
    exact = json.loads(run("import", "evil.csv", "--json").stdout)
    assert [row["email"] for row in exact["rows"]] == evil


def test_a_file_that_cannot_be_written_is_wrong_usage(folder: Path) -> None:
    error = run("export", str(folder / "none" / "x.csv")).exception
    assert isinstance(error, UsageError)
    assert "cannot be written: No such file or directory" in str(error)
    assert error.exit_code == 2


def test_the_report_of_an_import_contains_no_formula(folder: Path) -> None:
    (folder / "in.csv").write_text("email,name\n=1+1@x.example,@SUM(1)\n", "utf-8")
    assert run("import", "in.csv", "--dry-run").stdout == "1 row: 1 added (dry run)\n"
    assert run("import", "in.csv").exit_code == 0
    assert run("export", "out.csv").exit_code == 0
    assert "'=1+1@x.example,'@SUM(1)," in (folder / "out.csv").read_text("utf-8")
    assert run("import", "out.csv").stdout == "1 row: 1 unchanged\n"
