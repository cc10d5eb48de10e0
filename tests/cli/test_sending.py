"""Approving and sending through the command line: exit codes and messages, also when the mail server rejects."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.demo.sample_web import SampleWeb
from digest.week import Week
from tests.cli.commands import digest
from tests.mail.smtp.smtp_server import SmtpServer, serving

WEEK = "2026-W10"
NOW = "2026-03-09T06:30:00+00:00"


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a composed week and two subscribers; its mail server is away."""
    folder = tmp_path_factory.mktemp("newsletter")
    with SampleWeb(Week.parse(WEEK)) as web:
        source = web.sources()[0]
        (folder / "digest.toml").write_text(
            '[newsletter]\ntitle = "T"\nfrom = "digest@example.org"\n[collect]\nallow_networks = ["127.0.0.0/8"]\n'
            '[smtp]\nport = 1\nusername = ""\n[edition]\nhold_withdrawn = false\n'
            f'[[sources]]\nname = "{source["name"]}"\nfeed = "{source["feed"]}"\n'
        )
        (folder / "subscribers.csv").write_text("email\nada@example.org\nbo@example.net\nno address\n")
        imported = run_digest(folder, "subscribers", "import", "subscribers.csv")
        assert imported.returncode == 3, "a row that is no address is listed"
        assert "no address" in imported.stdout + imported.stderr
        done = run_digest(folder, "run", WEEK)
        assert done.returncode == 4, done.stderr
        assert "approve" in done.stdout
    return folder


def run_digest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = digest(*arguments, cwd=folder, DIGEST_NOW=NOW, **environment)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def server(composed: Path) -> Iterator[SmtpServer]:
    started = SmtpServer(credentials={"digest": "right"})
    started.start()
    _configure(composed, started.port)
    yield started
    started.stop()
    _configure(composed, 1)


def _configure(folder: Path, port: int, username: str = "") -> None:
    path = folder / "digest.toml"
    text = re.sub(r"port = \d+", f"port = {port}", path.read_text())
    path.write_text(re.sub(r'username = "\w*"', f'username = "{username}"', text))


def test_an_unapproved_edition_is_not_sent(composed: Path) -> None:
    done = run_digest(composed, "send", WEEK)
    assert done.returncode == 4
    assert "not approved" in done.stderr
    assert f"digest approve {WEEK}" in done.stderr


def test_an_approval_of_another_revision_is_rejected(composed: Path) -> None:
    assert run_digest(composed, "approve", WEEK, "--revision", "9").returncode == 4


def test_a_test_goes_to_several_addresses_and_is_not_counted(composed: Path, server: SmtpServer) -> None:
    done = run_digest(
        composed, "test", WEEK, "--to", "a@example.org", "--to", "b@example.org", "--note", "Look", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert [(one["to"], one["reply"]["code"]) for one in json.loads(done.stdout)["tests"]] == [
        ("a@example.org", 250),
        ("b@example.org", 250),
    ]
    assert [mail.recipient for mail in server.accepted[-2:]] == ["a@example.org", "b@example.org"]
    assert b"writes:" in server.accepted[-1].message
    assert json.loads(run_digest(composed, "status", WEEK, "--json").stdout)["counts"]["sent"] == 0
    refused = run_digest(composed, "test", WEEK, "--to", "a@example.org", "--monthly")
    assert (refused.returncode, f"The edition {WEEK} has no monthly mail." in refused.stderr) == (2, True)


@pytest.mark.parametrize("name", ["2031-W01", "2031-W01+1", f"{WEEK}+7"])
def test_retry_of_an_unknown_edition_is_an_error(composed: Path, name: str) -> None:
    done = run_digest(composed, "deliveries", "retry", name)
    assert done.returncode == 2
    assert "There is no " in done.stderr


def test_an_edition_that_is_changed_halfway_says_who_has_which_text(composed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(composed, tmp_path / "halfway"))
    with serving() as server:
        _configure(folder, server.port)
        assert run_digest(folder, "approve", WEEK).returncode == 0
        assert "1 sent, 1 queued" in run_digest(folder, "send", WEEK, "--limit", "1").stdout
        assert run_digest(folder, "hold", WEEK).returncode == 0
        path = folder / "digest.toml"
        path.write_text(path.read_text().replace('title = "T"', 'title = "Another"'))
        approved = run_digest(folder, "approve", WEEK, "--json")
        assert [(one["revision"], one["subscribers"]) for one in json.loads(approved.stdout)["already_sent"]] == [
            (1, 1)
        ]
        moment = NOW.replace("T", " ")[:16]
        shown = f"1 subscriber already has revision 1 as approved on {moment} UTC."
        again = run_digest(folder, "approve", WEEK).stdout
        assert f"{shown} `digest send {WEEK}` sends this one to the others." in again
        done = run_digest(folder, "send", WEEK)
        assert done.returncode == 0
        both = "1 subscriber has revision 1 as approved on {0} UTC; 1 subscriber has revision 1 as approved on {0} UTC."
        assert both.format(moment) in done.stdout
        assert both.format(moment) in run_digest(folder, "status", WEEK).stdout
        listed = json.loads(run_digest(folder, "deliveries", "list", "--json").stdout)["deliveries"]
        assert [one["revision"] for one in listed] == [1, 1]


def test_approve_fail_twice_then_send(composed: Path, server: SmtpServer) -> None:
    assert run_digest(composed, "approve", WEEK).returncode == 0
    server.stop()
    away = run_digest(composed, "send", WEEK)
    assert away.returncode == 3
    assert "cannot be reached" in away.stderr
    assert "2 stay queued" in away.stderr

    server.start()
    _configure(composed, server.port, username="digest")
    refused = run_digest(composed, "send", WEEK, DIGEST_SMTP_PASSWORD="hunter2")
    assert refused.returncode == 3
    assert "hunter2" not in refused.stderr, "no secret in a message"
    assert server.accepted == []

    server.order("RCPT", "550 5.1.1 no such user", times=1)
    partly = run_digest(composed, "send", WEEK, DIGEST_SMTP_PASSWORD="right")
    assert partly.returncode == 3
    assert "1 sent, 1 failed" in partly.stdout
    assert re.search(r"^  \S+@\S+  550 5\.1\.1 no such user$", partly.stdout, re.MULTILINE), "each failure is listed"
    assert f"`digest deliveries retry {WEEK}`" in run_digest(composed, "status", WEEK).stdout
    assert f"1 queued again; `digest send {WEEK}`" in run_digest(composed, "deliveries", "retry", WEEK).stdout

    report = run_digest(composed, "send", WEEK, "--json", DIGEST_SMTP_PASSWORD="right")
    assert report.returncode == 0, report.stderr
    assert {key: json.loads(report.stdout)[key] for key in ("sent", "queued", "failed")} == {
        "sent": 2,
        "queued": 0,
        "failed": 0,
    }
    again = run_digest(composed, "send", WEEK, DIGEST_SMTP_PASSWORD="right")
    assert again.returncode == 0
    assert set(server.copies().values()) == {1}
    deliveries = run_digest(composed, "deliveries", "list", "--json")
    assert deliveries.stdout.count("250") >= 2
