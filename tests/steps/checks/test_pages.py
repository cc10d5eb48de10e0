"""What the doctor sees of the pages that are served to the world."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.steps.checks import Line, Verdict, pages
from tests.steps.checks.doctor_run import lines_of, settings_in
from tests.web.public_server import serve_pages

EVERYWHERE = "0.0.0.0"
"""Leads here, and is none of loopback's names."""


@contextmanager
def proxy(port: int, *, rewrites_host: bool, adds: str = "") -> Iterator[int]:
    """A reverse proxy in front of `port`: one request a connection. nginx rewrites Host if nothing is configured."""
    with socket.create_server((EVERYWHERE, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    visitor, _ = listening.accept()
                except OSError:
                    return
                with visitor, socket.create_connection(("127.0.0.1", port)) as pages_:
                    head = visitor.recv(65_536).decode("latin-1").replace("Connection: keep-alive", "Connection: close")
                    if rewrites_host:
                        head = re.sub(r"(?i)host: [^\r]*", f"Host: 127.0.0.1:{port}", head, count=1)
                    pages_.sendall(head.replace("\r\n\r\n", f"\r\n{adds}\r\n").encode("latin-1"))
                    while block := pages_.recv(65_536):
                        visitor.sendall(block)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def seen(folder: Path, url: str) -> list[Line]:
    return lines_of(pages.public, settings_in(folder, newsletter={
        "title": "T", "from": "t@example.org", "public_url": url
    }))  # fmt: skip


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "pages").mkdir()
    with serve_pages(tmp_path / "pages", proxies="") as site:
        yield int(site.url.rpartition(":")[2])


def test_pages_that_answer(port: int, tmp_path: Path) -> None:
    lines = seen(tmp_path, f"http://127.0.0.1:{port}")
    assert [(line.verdict, line.what) for line in lines] == [(Verdict.OK, "clock"), (Verdict.OK, "public_url")]


@pytest.mark.parametrize(
    ("rewrites_host", "adds", "shown"),
    [(True, "", True), (False, "", False), (True, "X-Forwarded-For: 203.0.113.9\r\n", False)],
)
def test_figures_that_a_proxy_shows_to_the_world_are_named(
    port: int, tmp_path: Path, rewrites_host: bool, adds: str, shown: bool
) -> None:
    with proxy(port, rewrites_host=rewrites_host, adds=adds) as outside:
        lines = seen(tmp_path, f"http://{EVERYWHERE}:{outside}")
    assert "answers" in lines[1].message
    assert [line.message.rpartition(" can read ")[2] for line in lines[2:]] == (["its /metrics"] if shown else [])


def test_another_site_is_not_taken_for_ours(port: int, tmp_path: Path) -> None:
    (line,) = [one for one in seen(tmp_path, f"http://127.0.0.1:{port}/elsewhere") if one.what == "public_url"]
    assert line.verdict is Verdict.ERROR
    assert "is not Digest: its /healthz answers 404" in line.message


def test_pages_that_are_not_there(tmp_path: Path) -> None:
    (line,) = seen(tmp_path, "http://127.0.0.1:1")
    assert (line.verdict, "cannot be reached" in line.message) == (Verdict.ERROR, True)
    (line,) = seen(tmp_path, "https://127.0.0.1:1")
    assert (line.verdict, "cannot be reached" in line.message) == (Verdict.ERROR, True)
    assert seen(tmp_path, "") == []
