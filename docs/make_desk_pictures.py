"""Make the pictures of docs/desk.md from the demo's newsletter: python -m docs.make_desk_pictures [FOLDER].

Lives through the demo's weeks in this process, opens its desk in Chromium (`$CHROMIUM`, else /usr/bin/chromium) and
takes pictures with few colours, so that they are small. All that they show was written for the demo.
"""

from __future__ import annotations

import struct
import sys
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.screenshots import chromium
from digest.demo.run import sample_newsletter
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.run import Timings
from digest.web.desk.serve import DeskServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).parent / "images"
COLOURS = 64
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    name: str
    path: str  # with {week} and {before}
    act: Callable[[Page], object] = lambda _page: None
    width: int = 1280
    height: int = 720
    scheme: str = "light"


def _open_a_post(page: Page) -> None:
    page.locator(".line-link", has_text="Why we switched off our chatbot").click()
    page.get_by_role("group", name="The article, with its summary marked").wait_for()


PICTURES = (
    Picture("desk-overview", "/"),
    Picture("desk-week", "/editions/{week}"),
    Picture("desk-post", "/editions/{week}", _open_a_post),
    Picture("desk-approve", "/editions/{week}", lambda page: page.get_by_role("button", name="Approve…").first.click()),
    Picture("desk-phone", "/editions/{week}", width=375, height=667, scheme="dark"),
    Picture("desk-report", "/editions/{before}/report", height=900),
    Picture("desk-history", "/editions/{before}/history", height=900),
)


def take(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name, sample_newsletter(Path(name), Timings()) as demo:
        collect(demo.context, week=demo.week)
        compose(demo.context, demo.week)
        server = DeskServer(demo.context, port=0, mailbox=demo.mailbox, editor="Edith Marlow")
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            with chromium() as browser:
                for picture in PICTURES:
                    path = picture.path.format(week=demo.week, before=demo.week.shift(-1))
                    _shot(browser, server.entrance(path), picture, folder / f"{picture.name}.png")
        finally:
            server.stop()
            thread.join()


def _shot(browser: Browser, url: str, picture: Picture, path: Path) -> None:
    page = browser.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.goto(url)
    page.wait_for_timeout(1_500)  # the links are checked, the mail has its place
    picture.act(page)
    page.wait_for_timeout(500)
    path.write_bytes(with_few_colours(page.screenshot()))
    page.close()
    sys.stdout.write(f"{path.name} {path.stat().st_size:,} bytes\n")


# --- PNG with a palette -----------------------------------------------------------------------------------------------


def with_few_colours(png: bytes, colours: int = COLOURS) -> bytes:
    """Return the picture with a palette of its most frequent colours; the others take the nearest of those."""
    width, height, channels, rows = _pixels(png)
    counts = Counter(bytes(row[at : at + 3]) for row in rows for at in range(0, len(row), channels))
    palette = [colour for colour, _ in counts.most_common(colours)]
    number = {colour: _nearest(colour, palette) for colour in counts}
    lines = b"".join(
        b"\0" + bytes(number[bytes(row[at : at + 3])] for at in range(0, len(row), channels)) for row in rows
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    def distance(at: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[at], strict=True))

    return min(range(len(palette)), key=distance)


def _pixels(png: bytes) -> tuple[int, int, int, list[bytearray]]:
    """Unpack a PNG as Chromium writes it: 8 bits, RGB or RGBA, not interlaced."""
    at, data, head = len(_SIGNATURE), b"", b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        chunk = png[at + 8 : at + 8 + length]
        head = chunk if kind == b"IHDR" else head
        data += chunk if kind == b"IDAT" else b""
        at += 12 + length
    width, height, _depth, colour = struct.unpack(">IIBB", head[:10])
    channels = {2: 3, 6: 4}[colour]
    raw, stride = zlib.decompress(data), width * channels
    rows: list[bytearray] = []
    above = bytearray(stride)
    for line in range(height):
        start = line * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], row, above, channels)
        rows.append(row)
        above = row
    return width, height, channels, rows


def _unfilter(kind: int, row: bytearray, above: bytearray, channels: int) -> None:
    """Undo a line's filter in place (PNG specification, section 9.2)."""
    for at in range(len(row) if kind else 0):
        left, up = row[at - channels] if at >= channels else 0, above[at]
        corner = above[at - channels] if at >= channels else 0
        match kind:
            case 1:
                add = left
            case 2:
                add = up
            case 3:
                add = (left + up) // 2
            case _:
                guess = left + up - corner
                add = min((left, up, corner), key=lambda one: abs(guess - one))
        row[at] = (row[at] + add) & 255


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
