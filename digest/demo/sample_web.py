"""The sample web: the sample blogs on loopback, with their feeds, for the demo and for tests."""

from __future__ import annotations

import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from zoneinfo import ZoneInfo

from digest.clock import Clock
from digest.demo.sample_blogs import SamplePost, SampleSource, escape_again, in_feed, picture, read_blogs, tail
from digest.week import Week

HTML = "text/html; charset=utf-8"
Response = tuple[int, str, bytes]
"""Status, content type (for a redirect: its target), body."""


class SampleWeb:
    """Twelve blogs of fictional organisations at `http://127.0.0.1:PORT/KEY/`, about the given week.

    Feeds are at `/KEY/feed.xml`, posts at `/KEY/SLUG`. Answers conditional requests; one source is dead (404), one
    has moved its feed (301), one carries another's post. `withdraw` takes a post off the web, as authors do. With a
    `clock`, posts appear when their time comes; without one, all are there.
    """

    def __init__(self, week: Week, *, zone: ZoneInfo | None = None, port: int = 0, clock: Clock | None = None) -> None:
        from jinja2 import Environment, PackageLoader

        self.week = week
        self._clock = clock
        self._sources, self._posts = read_blogs(week, zone or ZoneInfo("Europe/London"))
        self._withdrawn: set[str] = set()
        self._environment = Environment(loader=PackageLoader("digest.demo", "templates"), autoescape=True)
        self._environment.filters["escape_again"] = escape_again
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.web = self
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},  # how long stopping waits
            name="sample-web",
            daemon=True,
        )

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def posts(self) -> tuple[SamplePost, ...]:
        """All posts, of earlier weeks too, newest first."""
        return self._posts

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def sources(self) -> list[dict[str, str]]:
        """The rows of `[[sources]]` in digest.toml that follow this web."""
        return [
            {
                "name": source.name,
                "feed": f"{self.url}/{source.key}/{source.moved_from or 'feed.xml'}",
                "site": f"{self.url}/{source.key}/",
                "theme": source.theme,
                "short": source.short,
            }
            for source in self._sources
        ]

    def withdraw(self, path: str) -> None:
        """Take the post `KEY/SLUG` off the web: it leaves its feed, and its URL answers 410."""
        self._withdrawn.add(path)

    def respond(self, path: str) -> Response:
        """Return the response to a GET of `path`."""
        parts = [part for part in path.partition("?")[0].split("/") if part]
        if not parts:
            page = self._environment.get_template("index.html.j2").render(base=self.url, sources=self._sources)
            return 200, HTML, page.encode()
        if parts == ["robots.txt"]:
            return 200, "text/plain; charset=utf-8", b"User-agent: *\nDisallow: /admin/\n"
        source = next((source for source in self._sources if source.key == parts[0] and not source.dead), None)
        match parts[1:]:
            case _ if source is None:
                return _missing()
            case []:
                return 200, HTML, self._page(source, None)
            case ["feed.xml"]:
                return 200, f"application/{source.feed}+xml; charset=utf-8", self._feed(source)
            case [name] if name == source.moved_from:
                return 301, f"{self.url}/{source.key}/feed.xml", b""
            case ["images", name] if name.endswith(".svg"):
                return 200, "image/svg+xml", picture(name).encode()
            case [slug] if f"{source.key}/{slug}" in self._withdrawn:
                return 410, HTML, b"<!doctype html><title>Gone</title><h1>This post has been withdrawn</h1>"
            case [slug]:
                post = next((post for post in self._online_posts() if post.path == f"{source.key}/{slug}"), None)
                return (200, HTML, self._page(source, post)) if post else _missing()
        return _missing()

    def _page(self, source: SampleSource, post: SamplePost | None) -> bytes:
        others = [other for other in self._online_posts() if other.source == source.key and other is not post]
        template = self._environment.get_template(f"{source.template}.html.j2")
        return template.render(base=self.url, source=source, post=post, related=others[:3], posts=others).encode()

    def _feed(self, source: SampleSource) -> bytes:
        posts = in_feed(source, self._online_posts())
        template = self._environment.get_template(f"feed.{source.feed}.j2")
        return template.render(
            base=self.url, source=source, posts=posts, tail=lambda post: tail(source, post, self.url)
        ).encode()

    def _online_posts(self) -> list[SamplePost]:
        now = self._clock() if self._clock else None
        return [
            post for post in self._posts if post.path not in self._withdrawn and (now is None or post.appears <= now)
        ]


def _missing() -> Response:
    return 404, HTML, b"<!doctype html><title>Not found</title><h1>There is no such page</h1>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    web: SampleWeb


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        status, kind, body = self.server.web.respond(self.path)
        tag = f'"{sha256(body).hexdigest()[:20]}"'
        if status == 200 and self.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        self.send_response(status)
        if status == 301:
            self.send_header("Location", kind)
        else:
            self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server passes
        """Log nothing: people watch the demo's own log."""
