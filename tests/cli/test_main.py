from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from digest.cli.main import COMMANDS, load
from tests.cli.commands import digest, digest_process


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `digest init` writes."""
    folder = tmp_path_factory.mktemp("init")
    assert digest("init", str(folder)).returncode == 0
    return folder


@pytest.fixture
def newsletter(initialised: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(initialised, tmp_path / "newsletter"))


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, contextlib, io\n"
        "from digest.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as out: main(['--help'])\n"
        f"assert all(name in out.getvalue() for name in {list(COMMANDS)!r})\n"
        "heavy = {'prefect', 'nltk', 'sumy', 'trafilatura', 'sqlalchemy', 'httpx', 'feedparser', 'numpy', 'lxml'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_lists_each_command_with_its_own_description(name: str) -> None:
    command = load(name)
    assert isinstance(command, typer.core.TyperGroup) == COMMANDS[name].group
    assert (command.help or "").splitlines()[0] == COMMANDS[name].help


def test_an_unknown_command_is_wrong_usage() -> None:
    done = digest_process("sned")
    assert done.returncode == 2
    assert "send" in done.stderr


def test_without_settings_a_command_says_how_to_get_them(tmp_path: Path) -> None:
    done = digest("status", cwd=tmp_path)
    assert done.returncode == 2
    assert "digest init" in done.stderr
    assert done.stdout == ""


def test_the_settings_option_may_follow_the_command(tmp_path: Path) -> None:
    done = digest("status", "--config", str(tmp_path / "my.toml"))
    assert done.returncode == 2
    assert "my.toml" in done.stderr


def test_init_writes_a_folder_that_check_accepts(tmp_path: Path) -> None:
    folder = tmp_path / "news letter"
    assert digest_process("init", str(folder)).returncode == 0
    assert {path.name for path in folder.iterdir()} == {
        ".gitignore",
        "digest.toml",
        "subscribers.csv",
        "templates",
    }
    changed = folder / "digest.toml"
    changed.write_text(changed.read_text().replace("The Public Digital Digest", "Mine"))
    again = digest("init", str(folder), "--json")
    assert json.loads(again.stdout)["written"] == []
    assert "Mine" in changed.read_text()
    checked = digest_process("check", "--json", cwd=folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    verdicts = {line["what"]: line["verdict"] for line in json.loads(checked.stdout)}
    assert verdicts["templates"] == verdicts["store"] == verdicts["settings"] == "ok"
    assert verdicts["public_url"] == "warning"


def test_check_says_what_pictures_need(newsletter: Path) -> None:
    settings = newsletter / "digest.toml"
    before = settings.read_text()
    assert "images = false" in before
    settings.write_text(before.replace("images = false", "images = true", 1))
    done = digest("check", cwd=newsletter)
    settings.write_text(before)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "without [newsletter] public_url there is no place to show pictures from" in done.stdout


@pytest.mark.parametrize(
    ("host", "security", "warns"),
    [
        ("127.0.0.1", "none", False),
        ("localhost", "none", False),
        ("::1", "none", False),
        ("mail.example.org", "none", True),
        ("192.0.2.25", "none", True),
        ("localhost.example.org", "none", True),
        ("mail.example.org", "starttls", False),
    ],
)
def test_check_warns_of_mail_that_leaves_the_machine_unencrypted(
    newsletter: Path, host: str, security: str, warns: bool
) -> None:
    settings = newsletter / "digest.toml"
    table = f'[smtp]\nhost = "{host}"\nsecurity = "{security}"\n'
    settings.write_text(re.sub(r"\[smtp\]\n[^\[]*(\[\][^\[]*)*", table, settings.read_text()))
    lines = json.loads(digest("check", "--json", cwd=newsletter).stdout)
    messages = [line["message"] for line in lines if line["what"] == "security"]
    assert messages == ([f'[smtp] security is "none": mail to {host} is not encrypted'] if warns else [])


def test_a_broken_template_is_named_with_its_line(newsletter: Path) -> None:
    template = newsletter / "templates" / "email" / "subject.txt.j2"
    template.write_text("fine\n{{ nonsense }}\n")
    done = digest("check", cwd=newsletter)
    assert done.returncode == 1
    assert "subject.txt.j2" in done.stdout
    assert "line 2" in done.stdout


def test_a_store_that_cannot_be_written_is_an_error_with_a_remedy(newsletter: Path) -> None:
    (newsletter / "var").write_text("a file where the folder should be")
    done = digest("status", cwd=newsletter)
    assert done.returncode == 1
    assert "store" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_week_is_wrong_usage(newsletter: Path) -> None:
    assert "2019-W12" in digest("show", "last week", cwd=newsletter).stderr
    done = digest("show", "2019-W12", cwd=newsletter)
    assert done.returncode == 2
    assert "There are no editions yet" in done.stderr


def test_rejects_an_invalid_clock_setting(newsletter: Path) -> None:
    done = digest("status", cwd=newsletter, DIGEST_NOW="yesterday")
    assert done.returncode == 2
    assert "DIGEST_NOW" in done.stderr


@pytest.mark.parametrize("command", ["public", "preview"])
def test_an_invalid_port_is_wrong_usage(newsletter: Path, command: str) -> None:
    done = digest(command, "--port", "99999", cwd=newsletter)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_correction_with_two_texts_is_wrong_usage(newsletter: Path) -> None:
    (newsletter / "text.md").write_text("The other text.")
    done = digest("correct", "--text", "One text", "--file", "text.md", cwd=newsletter)
    assert done.returncode == 2
    assert "one of the two" in done.stderr
