"""A site on loopback: a feed whose posts have pictures, good ones and others."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

_NOUNS = [
    "anchor",
    "bench",
    "bridge",
    "canal",
    "clerk",
    "council",
    "ferry",
    "field",
    "garden",
    "harbour",
    "kiosk",
    "ladder",
    "lantern",
    "map",
    "meadow",
    "mill",
    "notice",
    "orchard",
    "paper",
    "parcel",
    "path",
    "permit",
    "pier",
    "plan",
    "pump",
    "quay",
    "record",
    "river",
    "road",
    "roof",
    "school",
    "shed",
    "shore",
    "sign",
    "station",
    "stone",
    "street",
    "tide",
    "tower",
    "town",
    "tram",
    "tunnel",
    "valley",
    "village",
    "wall",
    "ward",
    "water",
    "well",
    "window",
    "yard",
]
PUBLISHED = "Wed, 04 Mar 2026 10:00:00 +0000"


def photo(seed: int, width: int = 1600, height: int = 900) -> bytes:
    """A picture with much detail; each seed has its own."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    for number in range(40):
        place = (seed * 97 + number * 131) % width, (seed * 53 + number * 71) % height
        image.paste((seed * 40 % 255, number * 6, 255 - number * 5), (*place, place[0] + 90, place[1] + 60))
    return encoded(image, "JPEG")


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


class Site:
    """`posts` has the path of each post's picture and its description; `pictures` what is at a path."""

    def __init__(self, posts: Mapping[str, tuple[str, str]], pictures: Mapping[str, bytes]) -> None:
        self.posts = posts
        self.pictures = dict(pictures)
        self.asked: list[str] = []  # paths
        self.url = ""

    def feed(self) -> str:
        items = "".join(
            f"<item><title>{title}</title><link>{self.url}/{title.replace(' ', '-')}</link><guid>{title}</guid>"
            f"<pubDate>{PUBLISHED}</pubDate></item>"
            for title in self.posts
        )
        return f"<rss version='2.0'><channel><title>Benches</title><link>{self.url}</link>{items}</channel></rss>"

    def page(self, title: str) -> str:
        picture, alt = self.posts[title]
        chance = random.Random(title)
        words = " ".join(f"The {' '.join(chance.choices(_NOUNS, k=9))}." for _ in range(12))
        return (
            f"<html lang='en'><head><title>{title}</title><meta property='og:title' content='{title}'>"
            f"<meta property='og:image' content='{picture}'><meta property='og:image:alt' content='{alt}'></head>"
            f"<body><article><h1>{title}</h1><p>{words}</p></article></body></html>"
        )

    def answer(self, path: str) -> tuple[int, str, bytes]:
        self.asked.append(path)
        title = path.strip("/").replace("-", " ")
        if path == "/feed.xml":
            return 200, "application/rss+xml", self.feed().encode()
        if title in self.posts:
            return 200, "text/html", self.page(title).encode()
        if path in self.pictures:
            return 200, "image/jpeg", self.pictures[path]
        return 404, "text/plain", b"There is nothing."


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, content = site.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield site
        finally:
            server.shutdown()
