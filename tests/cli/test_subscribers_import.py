"""`digest subscribers import`: what an operator sees of a file in which it is unclear who left."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli.subscribers import app
from digest.errors import UsageError

UNCLEAR = "email,opt out level,Shoe size\nada@x.example,,42\nbo@x.example,3,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "digest.toml").write_text('[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def statuses() -> dict[str, str]:
    rows = json.loads(run("list", "--json").stdout)["subscribers"]
    return {row["email"].partition("@")[0]: row["status"] for row in rows}


def test_an_unclear_file_is_refused_with_what_to_write(folder: Path) -> None:
    (folder / "in.csv").write_text(UNCLEAR, "utf-8")
    error = run("import", "in.csv").exception
    assert isinstance(error, UsageError)
    assert error.what.splitlines() == [
        "in.csv: it is unclear who may get mail, so nothing was imported.",
        "  The column 'opt out level' may say who left. --read 'opt out level=…'",
    ]
    assert "left (they left if it says anything but no)" in error.remedy
    assert statuses() == {}
    assert run("import", "in.csv", "--read", "opt out level=left").exit_code == 0
    assert statuses() == {"ada": "active", "bo": "left"}


def test_columns_are_named_beside_the_result(folder: Path) -> None:
    (folder / "in.csv").write_text("email,Status,Shoe size\nada@x.example,active,42\n", "utf-8")
    result = run("import", "in.csv")
    assert result.stdout == "1 row: 1 added\n"
    assert result.stderr == "Read as status: Status.\nNot read: Shoe size.\n"
    counts = json.loads(run("import", "in.csv", "--json").stdout)
    assert (counts["status_columns"], counts["not_read"], counts["unchanged"]) == (["Status"], ["Shoe size"], 1)


def test_values_and_whole_files_are_read_as_the_operator_says(folder: Path) -> None:
    (folder / "in.csv").write_text("email,status\nada@x.example,Zombie: old\nbo@x.example,ok then\n", "utf-8")
    options = ["--read", "status:zombie: old=left", "--read", "status:ok then=active"]
    assert run("import", "in.csv", *options).exit_code == 0
    (folder / "left.csv").write_text("email\nbo@x.example\n", "utf-8")
    assert isinstance(run("import", "left.csv").exception, UsageError)
    assert run("import", "left.csv", "--status", "left").exit_code == 0
    assert statuses() == {"ada": "left", "bo": "left"}


def test_the_name_of_a_column_may_have_a_colon(folder: Path) -> None:
    (folder / "in.csv").write_text("email,Opted out of email: News\nada@x.example,3\n", "utf-8")
    assert run("import", "in.csv", "--read", "Opted out of email: News=left").exit_code == 0
    assert statuses() == {"ada": "left"}


@pytest.mark.parametrize("option", ["status", "=left", "status=nonsense", "status:zombie=nonsense", "status:zombie"])
def test_a_reading_that_makes_no_sense_is_wrong_usage(folder: Path, option: str) -> None:
    (folder / "in.csv").write_text("email\nada@x.example\n", "utf-8")
    assert isinstance(run("import", "in.csv", "--read", option).exception, UsageError)
    assert statuses() == {}


def test_doubtful_addresses_are_listed_and_not_added(folder: Path) -> None:
    (folder / "in.csv").write_text("email\nada@gmail.con\nbo@x.example\n", "utf-8")
    result = run("import", "in.csv")
    assert result.exit_code == 3
    assert (
        result.stdout == "line 2: ada@gmail.con: doubtful: did you mean ada@gmail.com?\n2 rows: 1 added, 1 doubtful\n"
    )
    assert "--accept-doubtful" in result.stderr
    assert statuses() == {"bo": "active"}
    assert run("add", "ada@gmail.con").exit_code == 3
    assert run("import", "in.csv", "--accept-doubtful").exit_code == 0
    assert run("add", "cy@hotmial.com", "--accept-doubtful").exit_code == 0
    assert statuses() == {"bo": "active", "ada": "active", "cy": "active"}


def test_on_a_terminal_it_asks_before_anything_is_written(folder: Path) -> None:
    (folder / "in.csv").write_text(UNCLEAR, "utf-8")
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "digest", "subscribers", "import", "in.csv"]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=folder) as process:
        os.close(terminal)
        os.write(main, b"perhaps\nleft\n")
        output = b""
        try:
            while block := os.read(main, 1000):
                output += block
        except OSError:  # Linux: the other side is closed
            pass
        assert process.wait(60) == 0
    os.close(main)
    text = output.decode()
    assert "The column 'opt out level' may say who left." in text
    assert text.count("Read it as (status, subscribed, left, name, ignore):") == 2, (
        "an answer that is none is asked for again"
    )
    assert statuses() == {"ada": "active", "bo": "left"}
