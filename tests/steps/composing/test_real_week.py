"""A real week, through `digest run` as an operator calls it, against what a careful editor would make of it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.web.caught_mail import CaughtMailbox
from digest.web.mail_catcher import MailCatcher

ROOT = Path(__file__).parents[3]
WEEK = "2019-W12"


@pytest.fixture
def newsletter(tmp_path: Path, shared: Path) -> Iterator[Path]:
    """A folder whose sources are the real week, served on loopback, and whose mail server is a catcher."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = [sys.executable, str(shared / "week" / "serve.py"), str(port)]
    sources = subprocess.run([*server, "--sources"], capture_output=True, text=True, check=True, timeout=30).stdout
    with MailCatcher(tmp_path / "mailbox") as catcher, subprocess.Popen(server) as process:
        settings = (
            '[newsletter]\ntitle = "The Week"\nfrom = "The Week <digest@example.org>"\n'
            '[approval]\nmode = "automatic"\n[collect]\nallow_networks = ["127.0.0.0/8"]\n'
            f"[smtp]\nport = {catcher.port}\n{sources}"
        )
        (tmp_path / "digest.toml").write_text(settings, "utf-8")
        (tmp_path / "subscribers.csv").write_text("email\nada@example.org\nbo@example.net\n")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield tmp_path
        process.terminate()


def digest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "digest", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=180)


@pytest.mark.thorough
def test_the_real_week_is_composed_and_sent_as_an_editor_would(newsletter: Path, shared: Path) -> None:
    expected = {post["title"]: post for post in json.loads((shared / "week" / "expected.json").read_text())["posts"]}
    texts = {
        post["title"]: " ".join(" ".join(post["paragraphs"]).split())
        for post in json.loads((shared / "week" / "week.json").read_text("utf-8"))["posts"]
    }
    assert digest(newsletter, "subscribers", "import", "subscribers.csv").returncode == 0

    done = digest(newsletter, "run", WEEK, "--json")

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["status"], report["posts"], report["sent"]["sent"]) == ("sent", 10, 2)
    assert CaughtMailbox(newsletter / "mailbox").count() == 2
    output = json.loads(digest(newsletter, "show", WEEK, "--json").stdout)
    placed = {post["title"]: section["theme"] for section in output["sections"] for post in section["posts"]}
    assert placed.keys() == expected.keys()
    right = [title for title, theme in placed.items() if theme == expected[title]["theme"]]
    assert len(right) >= 8, set(placed) - set(right)
    for section in output["sections"]:
        for post in section["posts"]:
            assert post["because"]
            assert post["summary"], post["title"]
            for sentence in post["summary"]:
                assert " ".join(sentence.split()) in texts[post["title"]]
                assert not [never for never in expected[post["title"]]["never_in_summary"] if never in sentence]

    again = digest(newsletter, "send", WEEK)
    assert again.returncode == 0, again.stderr
    assert CaughtMailbox(newsletter / "mailbox").count() == 2
