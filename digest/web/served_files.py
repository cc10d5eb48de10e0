"""Serve the files of a folder from memory: the archive, and style sheets.

A request costs one `stat`: a file that was replaced since it was read is read again. Each file has an ETag, a gzip form
if that is smaller, and Cache-Control. A URL with `?v=` and the file's version (`version_of`) may be kept for a year, as
may a file that is named by its version.
Nothing here is secret, so compression gives nothing away (BREACH).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".opml": "text/x-opml; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
}
_NAMED_TYPES = {"feed.xml": "application/atom+xml; charset=utf-8", "feed.json": "application/feed+json"}
_OTHER_TYPE = "application/octet-stream"
_COMPRESSED = ("text/", "application/", "image/svg")
_SMALLEST = 600  # bytes that are worth compressing: one packet holds more
_SHORT = "public, max-age=60"  # an edition or a correction shows within a minute
_LONG = "public, max-age=31536000, immutable"
_MOST_BYTES = 64 * 2**20  # in memory, both forms counted
_LARGEST = 8 * 2**20  # of a file that stays in memory

_REFUSED = re.compile(r"q=0(?:\.0*)?")

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _File:
    stamp: _Stamp
    body: bytes
    zipped: bytes  # b"" if it would not be smaller
    version: str
    media_type: str
    is_named_by_version: bool

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped)


class ServedFiles:
    """An ASGI application that serves a folder, which need not exist yet. `index.html` stands for its folder.

    `made` are files that are served whatever the folder has, by path.
    """

    def __init__(self, folder: Path, *, made: Mapping[str, bytes] | None = None, most_bytes: int = _MOST_BYTES) -> None:
        self._folder = folder
        self._made = {path: _with_forms((0, 0, 0), path, body) for path, body in (made or {}).items()}
        self._most_bytes = most_bytes
        self._files: OrderedDict[str, _File] = OrderedDict()  # the least recently used first
        self.bytes_in_memory = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = await self._response(request, get_route_path(scope).removeprefix("/"))
        await response(scope, receive, send)

    def endpoint(self, path: str) -> Callable[[Request], Awaitable[Response]]:
        """Return a page that is the file at `path`."""

        async def page(request: Request) -> Response:
            return await self._response(request, path)

        return page

    async def _response(self, request: Request, path: str) -> Response:
        names = path.split("/")
        # Without "a//b": a file has one path, or visitors could fill memory with one file under many.
        if any(name.startswith(".") or "\0" in name or os.sep in name for name in names) or "" in names[:-1]:
            raise HTTPException(404)
        if not names[-1]:
            path += "index.html"
        file = await self._file(path)
        if file is not None:
            return _answer(request, file)
        if names[-1] and await self._file(f"{path}/index.html") is not None:
            # Relative: behind a proxy, only the proxy knows scheme and host.
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{quote(names[-1])}/{query}", 301, {"Cache-Control": _SHORT})
        raise HTTPException(404)

    async def _file(self, path: str) -> _File | None:
        if path in self._made:
            return self._made[path]
        full = self._folder / path
        try:
            stamp = _stamp(full.stat())
        except (OSError, ValueError):
            return None
        known = self._files.get(path)
        if known is not None and known.stamp == stamp:
            self._files.move_to_end(path)
            return known
        file = await run_in_threadpool(_read, self._folder, full)
        if file is not None:
            self._keep(path, file)
        return file

    def _keep(self, path: str, file: _File) -> None:
        old = self._files.pop(path, None)
        self.bytes_in_memory -= old.size if old else 0
        if file.size > _LARGEST:
            return
        self._files[path] = file
        self.bytes_in_memory += file.size
        while self.bytes_in_memory > self._most_bytes:
            self.bytes_in_memory -= self._files.popitem(last=False)[1].size


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(folder: Path, path: Path) -> _File | None:
    """Read a file and compress it. Return None for what is no file, or lies outside the folder behind a link."""
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return None
        if not path.is_file():  # opening a pipe would wait for somebody who writes
            return None
        with path.open("rb") as opened:
            status = os.fstat(opened.fileno())
            body = opened.read()
    except OSError:
        return None
    return _with_forms(_stamp(status), path.name, body)


def _with_forms(stamp: _Stamp, path: str, body: bytes) -> _File:
    name = Path(path)
    media_type = _NAMED_TYPES.get(name.name) or _TYPES.get(name.suffix, _OTHER_TYPE)
    zipped = b""
    if len(body) >= _SMALLEST and media_type.startswith(_COMPRESSED):
        zipped = gzip.compress(body, 6, mtime=0)
    version, is_smaller = version_of(body), len(zipped) < len(body)
    return _File(stamp, body, zipped if is_smaller else b"", version, media_type, name.stem == version)


def _answer(request: Request, file: _File) -> Response:
    zipped = bool(file.zipped) and _accepts_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{file.version}{"-gzip" if zipped else ""}"'
    headers = {
        "ETag": etag,
        "Cache-Control": _LONG if file.is_named_by_version or request.query_params.get("v") == file.version else _SHORT,
    }
    if file.media_type.startswith("image/"):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # web mail shows them on pages of its own
    if file.zipped:
        headers["Vary"] = "Accept-Encoding"
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = file.media_type
    return Response(file.zipped if zipped else file.body, headers=headers)


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return _REFUSED.fullmatch(quality.strip()) is None
    return False


def _matches(header: str, etag: str) -> bool:
    """If-None-Match compares weakly (RFC 9110, section 13.1.2): proxies that compress make our ETag a weak one."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or "*" in tags


def version_of(body: bytes) -> str:
    """Return the version of a file with this content, for `?v=` in its URL."""
    return hashlib.sha256(body).hexdigest()[:16]
