"""Files served from memory: what browsers, proxies and rude scripts get."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from digest.web.served_files import ServedFiles, version_of

TEXT = "<p>An edition</p>" * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    (folder / "2019-W12").mkdir(parents=True)
    (folder / "2019-W12" / "index.html").write_text(TEXT)
    (folder / "sources.opml").write_text("<opml/>")
    (folder / "feed.xml").write_text("<feed/>")
    (folder / "style.css").write_text("p { margin: 0 }")
    (folder / ".draft").write_text("secret")
    (tmp_path / "digest.toml").write_text("secret")
    return folder


def visitor(folder: Path, *, most_bytes: int = 2**20) -> TestClient:
    files = ServedFiles(folder, most_bytes=most_bytes)
    return TestClient(Starlette(routes=[Mount("/archive", files)]), follow_redirects=False)


def test_a_picture_that_is_named_by_its_bytes_stays_for_a_year_and_shows_in_web_mail(folder: Path) -> None:
    content = b"\xff\xd8\xff" + bytes(2_000)
    named = folder / "images" / f"{version_of(content)}.jpg"
    named.parent.mkdir()
    named.write_bytes(content)
    (folder / "images" / "share.png").write_bytes(content)
    answer = visitor(folder).get(f"/archive/images/{named.name}")
    assert (answer.content, answer.headers["content-type"]) == (content, "image/jpeg")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    other = visitor(folder).get("/archive/images/share.png")
    assert other.headers["cache-control"] == "public, max-age=60"
    named.write_bytes(b"something else")
    assert "immutable" not in visitor(folder).get(f"/archive/images/{named.name}").headers["cache-control"]


def test_a_page_is_compressed_and_not_sent_twice(folder: Path) -> None:
    browser = visitor(folder)
    first = browser.get("/archive/2019-W12/", headers={"Accept-Encoding": "br, gzip"})
    assert first.text == TEXT
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < len(TEXT) / 5
    assert first.headers["vary"] == "Accept-Encoding"
    assert first.headers["cache-control"] == "public, max-age=60"
    etag = first.headers["etag"]
    for sent in (etag, f'W/{etag}, "other"', "*"):
        again = browser.get("/archive/2019-W12/", headers={"Accept-Encoding": "gzip", "If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "gzip; q=0.0, br"])
def test_a_browser_without_gzip_gets_the_plain_page(folder: Path, accepted: str) -> None:
    response = visitor(folder).get("/archive/2019-W12/", headers={"Accept-Encoding": accepted})
    assert response.text == TEXT
    assert "content-encoding" not in response.headers
    assert not response.headers["etag"].endswith('-gzip"')


def test_a_rebuilt_page_is_served_at_once(folder: Path) -> None:
    browser = visitor(folder)
    before = browser.get("/archive/2019-W12/")
    new = folder / "2019-W12" / "new"
    new.write_text(TEXT.replace("An", "No"))  # of the same length
    new.replace(folder / "2019-W12" / "index.html")
    after = browser.get("/archive/2019-W12/", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, "No edition" in after.text) == (200, True)
    (folder / "2019-W12" / "index.html").unlink()
    assert browser.get("/archive/2019-W12/").status_code == 404


def test_a_url_with_the_files_version_may_be_kept_for_a_year(folder: Path) -> None:
    browser = visitor(folder)
    version = version_of((folder / "style.css").read_bytes())
    assert "immutable" in browser.get(f"/archive/style.css?v={version}").headers["cache-control"]
    assert browser.get("/archive/style.css?v=older").headers["cache-control"] == "public, max-age=60"


def test_media_types(folder: Path) -> None:
    browser = visitor(folder)
    assert browser.get("/archive/sources.opml").headers["content-type"] == "text/x-opml; charset=utf-8"
    assert browser.get("/archive/feed.xml").headers["content-type"] == "application/atom+xml; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e/digest.toml", "2019-W12/%2e%2e/%2e%2e/digest.toml", ".draft", "%2fetc/passwd", "/etc/passwd", "a%00b",
        "2019-W12/index.html/", "link/digest.toml", "none", "none/", "x" * 5000,
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_served(folder: Path, path: str) -> None:
    (folder / "link").symlink_to(folder.parent)
    assert visitor(folder).get(f"/archive/{path}").status_code == 404


def test_what_is_no_regular_file_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert visitor(folder).get("/archive/pipe").status_code == 404


def test_memory_is_bounded(folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.txt").write_bytes(os.urandom(1000))
    files = ServedFiles(folder, most_bytes=5000)
    browser = TestClient(Starlette(routes=[Mount("/archive", files)]))
    for number in range(20):
        assert browser.get(f"/archive/{number}.txt").content == (folder / f"{number}.txt").read_bytes()
    assert files.bytes_in_memory <= 5000
    assert [browser.get(f"/archive/2019-W12{slashes}index.html").status_code for slashes in ("/", "//", "///")] == [
        200, 404, 404
    ], "each path of one file would take memory that nobody counts"  # fmt: skip


def test_only_reading_is_allowed(folder: Path) -> None:
    browser = visitor(folder)
    assert browser.post("/archive/2019-W12/").status_code == 405
    head = browser.head("/archive/2019-W12/")
    assert (head.status_code, head.content) == (200, b"")


def test_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    browser = visitor(tmp_path / "later")
    assert browser.get("/archive/").status_code == 404
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "index.html").write_text("built")
    assert browser.get("/archive/").text == "built"
