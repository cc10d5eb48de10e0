"""A desk process that is really killed: what was typed and saved is in its box when it is started again."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import tomlkit

from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import token_of

BENCH = f"/editions/{WEEK}"


@contextmanager
def desk_process(folder: Path) -> Iterator[httpx.Client]:
    """`digest preview` on a free port, killed at the end; the client has opened the address that it printed."""
    command = [sys.executable, "-m", "digest", "--config", str(folder / "digest.toml"), "preview", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://[^\s]+", line)))
        with httpx.Client(
            base_url=httpx.URL(address).join("/"), follow_redirects=True, timeout=60, verify=NO_CERTIFICATES
        ) as client:
            assert client.get(address).status_code == 200
            yield client
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.thorough
def test_a_draft_survives_the_death_of_the_desk(composed_week: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(composed_week, folder)
    path = folder / "digest.toml"
    document = tomlkit.parse(path.read_text("utf-8"))
    document["store"] = {"url": f"sqlite:///{folder / 'digest.db'}"}
    path.write_text(tomlkit.dumps(document), "utf-8")
    with desk_process(folder) as client:
        form = {
            "token": token_of(client.get(BENCH).text),
            "field": "introduction",
            "post": "",
            "text": "Half a sentence",
        }
        assert client.post(f"{BENCH}/drafts", data=form).is_success
    with desk_process(folder) as client:
        page = client.get(BENCH).text
    assert re.search(r"<textarea[^>]*name=\"introduction\"[^>]*>\s*Half a sentence</textarea>", page)
    assert "not in the mail yet" in page
