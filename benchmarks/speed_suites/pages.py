"""Pages as visitors get them: a second and in weight, beside Starlette's StaticFiles; and one-click unsubscribes.

Real servers on loopback in this process, asked over one connection that stays open, as a proxy does. The peer is what
served the archive before: files from the disk, through the same server.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from benchmarks.results import Row, spread
from benchmarks.speed_suites import one_click
from digest.mail.rendering.render import Renderer
from digest.steps.editing.published import PublishedEdition
from digest.template_folders import packaged_folder
from digest.web.archive.build import build_archive
from digest.web.served_files import ServedFiles
from digest.web.web_server import WebServer, listen
from digest.words.translations import TranslationCatalogue
from tests.mail.editions import DESIGN, edition

POSTS = 40
REQUESTS, ROUNDS = 400, 5
_GZIP = {"Accept-Encoding": "gzip"}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        place = _archive(Path(name))
        peer = StaticFiles(directory=name, html=True)
        with _served(ServedFiles(Path(name))) as ours, _served(peer) as theirs:
            etag, size = _ask(ours, place, _GZIP)
            _, plain = _ask(theirs, place, _GZIP)
            peer_etag, _ = _ask(theirs, place, {})
            rounds = [
                (
                    _rate(ours, place, _GZIP),
                    _rate(theirs, place, _GZIP),
                    _rate(ours, place, {**_GZIP, "If-None-Match": etag}),
                    _rate(theirs, place, {"If-None-Match": peer_etag}),
                )
                for _ in range(ROUNDS)
            ]
    whole, whole_peer, same, same_peer = (list(column) for column in zip(*rounds, strict=True))
    return [
        _faster(f"an archive page of {POSTS} posts", whole, whole_peer),
        _faster("the same, which the visitor has (304)", same, same_peer),
        Row(
            f"an archive page of {POSTS} posts, as it is sent",
            round(size / 1024, 1), round(plain / 1024, 1), "StaticFiles", round(plain / size, 2), "KB",
        ),
        *one_click.rows(),
    ]  # fmt: skip


def _faster(what: str, ours: list[float], peer: list[float]) -> Row:
    best, other = max(ours), max(peer)
    return Row(what, round(best), round(other), "StaticFiles", round(best / other, 2), "requests/s", spread(ours))


def _archive(folder: Path) -> str:
    """Build an archive of one edition, and return the path of its page."""
    selected = edition(POSTS)
    mails = TranslationCatalogue([packaged_folder()], DESIGN.language)
    words = TranslationCatalogue([packaged_folder("pages")], DESIGN.language, base=mails).translations("")
    rendered = Renderer(DESIGN, [packaged_folder()]).render(selected)
    build_archive([PublishedEdition(selected, rendered)], DESIGN, words, [], folder)
    return f"/archive/{selected.week}/"


@contextmanager
def _served(files: ASGIApp) -> Iterator[HTTPConnection]:
    listening = listen("benchmark", "127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    server = WebServer(listening, Starlette(routes=[Mount("/archive", files)]))
    thread = threading.Thread(target=server.run)
    thread.start()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
        server.stop()
        thread.join()


def _ask(connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> tuple[str, int]:
    """Return the ETag of a page, and how many bytes came."""
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    content = answer.read()
    if answer.status not in (200, 304):
        raise RuntimeError(f"{path}: {answer.status}")
    return answer.headers["ETag"], len(content)


def _rate(connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> float:
    started = time.perf_counter()
    for _ in range(REQUESTS):
        _ask(connection, path, headers)
    return REQUESTS / (time.perf_counter() - started)
