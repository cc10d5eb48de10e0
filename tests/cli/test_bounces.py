"""`digest bounces`, `digest subscribers restore` and what `digest check` says of returned mail."""

from __future__ import annotations

import json
import mailbox
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from digest.settings import load_settings
from digest.steps.mail_setup import keys_of
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.cli.commands import digest
from tests.mail.returned import returned_mail

SETTINGS = """
[newsletter]
title = "Test"
from = "digest@example.org"
[bounces]
mailbox = "box"
return_path = "b+{token}@example.org"
"""
LIST = 20


@dataclass
class Newsletter:
    folder: Path

    def run(self, *arguments: str) -> CompletedProcess[str]:
        return digest(*arguments, cwd=self.folder)

    def bounce(self, *numbers: int) -> None:
        tokens = Tokens(keys_of(load_settings(self.folder / "digest.toml")))
        for number in numbers:
            to = f"b+{tokens.make(Purpose.BOUNCE, number)}@example.org"
            raw = returned_mail.dsn("", to=to)
            mailbox.Maildir(self.folder / "box").add(
                raw.replace(b"ada@reader.example", f"n{number}@d{number}.example".encode())
            )


@pytest.fixture
def newsletter(tmp_path: Path) -> Newsletter:
    (tmp_path / "digest.toml").write_text(SETTINGS, "utf-8")
    rows = "".join(f"n{number}@d{number}.example\n" for number in range(1, LIST + 1))
    (tmp_path / "list.csv").write_text(f"email\n{rows}", "utf-8")
    mailbox.Maildir(tmp_path / "box")
    newsletter = Newsletter(tmp_path)
    assert newsletter.run("subscribers", "import", "list.csv").returncode == 0
    return newsletter


def test_what_an_operator_does_after_a_bad_night(newsletter: Newsletter) -> None:
    newsletter.bounce(*range(1, 9))
    read = newsletter.run("bounces", "read")
    assert read.returncode == 3
    assert "8 hard; 0 subscribers suppressed" in read.stdout
    assert "8 of 20 bounced alike: addresses at 8 domains (5.1.1" in read.stdout
    again = newsletter.run("bounces", "read", "--json")
    assert again.returncode == 0, "nothing new"
    (hold,) = json.loads(again.stdout)["holds"]
    assert (hold["name"], hold["number"], hold["recipients"]) == ("all", 8, 20)
    options = ("--mailing", hold["batch"], "--group", hold["name"])
    assert f"`digest bounces accept {' '.join(options)}`" in read.stdout, "the command can be copied"

    listed = newsletter.run("bounces", "list").stdout.splitlines()
    assert listed[-1] == "8 on hold"
    assert listed[0].startswith("n")
    assert "hard, returned  mailbox  5.1.1" in listed[0]
    assert "8 bounces are on hold" in newsletter.run("check").stdout

    assert newsletter.run("bounces", "dismiss").returncode == 2
    one = newsletter.run("bounces", "accept", "n1@d1.example")
    assert (one.returncode, one.stdout) == (0, "1 accepted, 1 subscriber suppressed; 7 still on hold\n")
    assert newsletter.run("bounces", "accept", "n1@d1.example").returncode == 3
    rest = newsletter.run("bounces", "dismiss", *options, "--json")
    assert json.loads(rest.stdout) == {"accepted": 0, "dismissed": 7, "suppressed": 0, "left": 0}


def test_restore(newsletter: Newsletter) -> None:
    newsletter.bounce(1, 2)
    assert newsletter.run("bounces", "read").returncode == 0
    newsletter.run("subscribers", "remove", "n2@d2.example")
    newsletter.run("subscribers", "suppress", "n3@d3.example", "--reason", "moved away")
    for wrong in ((), ("n1@d1.example", "--reason", "bounce"), ("--reason", "bounce"), ("--since", "2019-03-25")):
        assert newsletter.run("subscribers", "restore", *wrong).returncode == 2
    rehearsed = newsletter.run("subscribers", "restore", "--reason", "bounce", "--since", "2019-03-25", "--dry-run")
    assert rehearsed.returncode == 3
    assert rehearsed.stdout.splitlines() == [
        "n1@d1.example: restored: bounce 5.1.1",
        "n2@d2.example: not restored: unsubscribed: only the subscriber can come back",
        "1 restored, 1 not restored (dry run)",
    ]
    done = newsletter.run("subscribers", "restore", "--reason", "bounce", "--since", "2019-03-25", "--json")
    assert (json.loads(done.stdout)["restored"], json.loads(done.stdout)["refused"]) == (1, 1)
    assert newsletter.run("subscribers", "restore", "n3@d3.example").stdout.startswith(
        "n3@d3.example: restored: moved away"
    )
    counts = json.loads(newsletter.run("subscribers", "list", "--json").stdout)["counts"]
    assert (counts["active"], counts["suppressed"], counts["left"]) == (LIST - 1, 0, 1)


def test_check_says_whether_anybody_reads_the_mailbox(newsletter: Newsletter) -> None:
    def line() -> str:
        return next(line for line in newsletter.run("check").stdout.splitlines() if "returned mail" in line)

    assert "the mailbox of b+…@example.org was never read" in line()
    newsletter.run("bounces", "read")
    assert "was last read at" in line()
    late = digest("check", cwd=newsletter.folder, DIGEST_NOW="2100-01-01T00:00:00+00:00").stdout
    assert "every hour, by cron" in late
    (newsletter.folder / "digest.toml").write_text(SETTINGS.replace('mailbox = "box"', ""), "utf-8")
    assert "nobody reads what comes back to b+…@example.org" in line()
    (newsletter.folder / "digest.toml").write_text(SETTINGS.replace('"box"', '"nowhere"'), "utf-8")
    assert f"there is no Maildir {newsletter.folder}/nowhere" in line()
