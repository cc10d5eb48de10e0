"""`digest key`, and what other commands say to a key that is not the store's. What is written is private."""

from __future__ import annotations

import os
import smtplib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.web.mail_catcher import MailCatcher
from tests.cli.commands import digest

LEAST = '[newsletter]\ntitle = "A digest"\nfrom = "A digest <digest@example.org>"\n'
KEY = {"DIGEST_SECRET_KEY": "another key of enough length"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A newsletter whose files are made while the user's own umask would let everybody read them."""
    (tmp_path / "digest.toml").write_text(LEAST)
    before = os.umask(0)
    yield tmp_path
    os.umask(before)


def test_every_command_refuses_another_key_until_it_is_accepted(folder: Path) -> None:
    assert digest("subscribers", "add", "ada@example.org", cwd=folder).returncode == 0
    assert digest("key", "status", cwd=folder).returncode == 0
    refused = digest("subscribers", "list", cwd=folder, **KEY)
    assert refused.returncode == 2
    assert "is not the one that the store" in refused.stderr
    checked = digest("check", cwd=folder, **KEY)
    assert checked.returncode == 1
    assert "ERROR   secret key" in checked.stdout
    other = digest("key", "status", cwd=folder, **KEY)
    assert other.returncode == 1
    assert "They differ." in other.stdout
    assert "DIGEST_SECRET_KEY_PREVIOUS" in other.stdout
    accepted = digest("key", "accept", cwd=folder, **KEY)
    assert accepted.returncode == 0
    assert "stop working" in accepted.stdout
    assert digest("subscribers", "list", cwd=folder, **KEY).returncode == 0
    assert digest("subscribers", "list", cwd=folder).returncode == 2


def test_a_lost_key_is_not_replaced_by_itself(folder: Path) -> None:
    assert digest("subscribers", "add", "ada@example.org", cwd=folder).returncode == 0
    (folder / "var" / "secret.key").unlink()
    lost = digest("status", cwd=folder)
    assert lost.returncode == 2
    assert "There is no secret key" in lost.stderr
    assert not (folder / "var" / "secret.key").exists()
    assert digest("key", "accept", cwd=folder).returncode == 0
    assert digest("subscribers", "list", cwd=folder).returncode == 0


def test_an_empty_key_is_refused(folder: Path) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "secret.key").touch()
    refused = digest("subscribers", "add", "ada@example.org", cwd=folder)
    assert refused.returncode == 2
    assert "secret.key is empty" in refused.stderr


def test_state_exports_and_caught_mail_are_private(folder: Path) -> None:
    assert digest("subscribers", "add", "ada@example.org", cwd=folder).returncode == 0
    export = folder / "export.csv"
    export.touch(0o666)
    assert digest("subscribers", "export", str(export), cwd=folder).returncode == 0
    with MailCatcher(folder / "var" / "mailbox") as catcher, smtplib.SMTP("127.0.0.1", catcher.port) as client:
        client.sendmail("digest@example.org", ["ada@example.org"], b"Subject: hello\r\n\r\nhello\r\n")
    private = [export, *(path for path in (folder / "var").rglob("*") if path.is_file())]
    assert {path.name for path in private} >= {"export.csv", "digest.db", "secret.key", "sent.json"}
    assert sum(path.suffix == ".eml" for path in private) == 1
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in private} == {
        path.name: "0o600" for path in private
    }
    assert stat.S_IMODE((folder / "var" / "mailbox").stat().st_mode) == 0o700
