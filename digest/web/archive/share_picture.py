"""The picture that other sites show with a link to a page of the archive: Open Graph's, drawn by Pillow.

It says the newsletter's name, the edition's dates and its first headline, in white on the newsletter's accent. Letters
that the font lacks, such as Arabic ones, are not drawn: a line that would lose some of its letters is left out whole.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from dataclasses import astuple, dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630
_VERSION = 1  # of the drawing: the pictures of another one are drawn anew
_MARGIN = 80
_WHITE = 255
_HEADLINE_SIZES = (76, 66, 58, 50)
_MOST_LINES = 4
_COLOURS = 16  # white, the accent, and the edges of letters between the two


@dataclass(frozen=True, slots=True)
class ShareCard:
    """What is drawn."""

    title: str  # of the newsletter
    line: str  # "18–24 March 2019", or what the newsletter is for
    headline: str  # "" for none
    accent: str  # "#rrggbb", dark enough for white letters

    @property
    def name(self) -> str:
        """The name of its file: another card has another one."""
        return f"share-{hashlib.sha256(repr((_VERSION, *astuple(self))).encode()).hexdigest()[:16]}.png"

    @property
    def text(self) -> str:
        """What it says, for those who do not see it."""
        return ". ".join(filter(None, (self.title, self.line, self.headline)))


def draw(card: ShareCard) -> bytes:
    """Return the picture as PNG. The same card gives the same bytes."""
    # Imported here: most programs build no archive, and the library takes long to load.
    from PIL import Image, ImageDraw

    picture = Image.new("L", (WIDTH, HEIGHT))  # how much of each pixel is white
    canvas = ImageDraw.Draw(picture)
    title, line, headline = (_drawable(text) for text in (card.title, card.line, card.headline))
    if title or line or headline:
        _mark(canvas, _MARGIN, _MARGIN, 1)
    else:
        _mark(canvas, WIDTH // 2 - 108, HEIGHT // 2 - 108, 3)
    if title:
        title = _fitting(title, 46, WIDTH - 2 * _MARGIN - 96)
        canvas.text((_MARGIN + 96, _MARGIN + 36), title, _WHITE, _font(46), "lm")
    if headline:
        size, lines = _wrapped(headline)
        top = _MARGIN + 72 + (HEIGHT - 2 * _MARGIN - 72 - 60 - len(lines) * size * 1.16) / 2
        for number, text in enumerate(lines):
            canvas.text((_MARGIN, top + number * size * 1.16), text, _WHITE, _font(size), "la")
    if line:
        canvas.text((_MARGIN, HEIGHT - _MARGIN), _fitting(line, 34, WIDTH - 2 * _MARGIN), _WHITE, _font(34), "ls")
    file = io.BytesIO()
    levels = picture.point([value * _COLOURS // 256 for value in range(256)])
    coloured = Image.frombytes("P", levels.size, levels.tobytes())
    coloured.putpalette(_between(card.accent))
    coloured.save(file, "PNG", optimize=True)
    return file.getvalue()


def _between(accent: str) -> list[int]:
    """Return the colours from the accent to white, as the red, green and blue of each."""
    parts = [int(accent[place : place + 2], 16) for place in (1, 3, 5)]
    steps = range(_COLOURS)
    return [part + (255 - part) * step // (_COLOURS - 1) for step in steps for part in parts]


def _mark(canvas: ImageDraw, x: int, y: int, scale: int) -> None:
    """Draw the sign that stands in the browser's tab, inverted."""
    canvas.rounded_rectangle((x, y, x + 72 * scale, y + 72 * scale), 14 * scale, fill=_WHITE)
    for top, right in ((20, 54), (33, 54), (46, 40)):
        box = (x + 18 * scale, y + top * scale, x + right * scale, y + (top + 6) * scale)
        canvas.rounded_rectangle(box, 3 * scale, fill=0)


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    with as_file(files("font_source_serif_pro") / "files" / "SourceSerifPro-Semibold.ttf") as path:
        # Basic: the other layout is not in every build of Pillow, and would place letters otherwise.
        return ImageFont.truetype(io.BytesIO(path.read_bytes()), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _has(character: str) -> bool:
    font = _font(34)
    return character.isspace() or bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffd"))


def _drawable(text: str) -> str:
    """Return the line without signs that the font lacks; "" where it lacks letters."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    lost = {character for character in text if not _has(character)}
    if any(unicodedata.category(character)[0] in "LM" for character in lost):
        return ""
    return " ".join("".join(character for character in text if character not in lost).split())


def _fitting(text: str, size: int, width: float) -> str:
    font = _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1].rstrip()
    return f"{text}…"


def _wrapped(text: str) -> tuple[int, list[str]]:
    """Return the largest size at which the text fits, and its lines; the last one is cut where none fits."""
    width = WIDTH - 2 * _MARGIN
    for size in _HEADLINE_SIZES:
        lines = _lines(text, size, width)
        if len(lines) <= _MOST_LINES - (size == _HEADLINE_SIZES[0]):
            return size, lines
    fitting = lines[:_MOST_LINES]
    fitting[-1] = _fitting(f"{fitting[-1]} {lines[_MOST_LINES]}", size, width)
    return size, fitting


def _lines(text: str, size: int, width: float) -> list[str]:
    font = _font(size)
    lines = [""]
    for word in text[:300].split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_fitting(line, size, width) for line in lines]
