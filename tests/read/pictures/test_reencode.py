"""A stranger's picture becomes a small file without a trace of where it came from, or a reason."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digest.read.pictures.outcome import NoPicture, Reencoded
from digest.read.pictures.reencode import LARGEST, WIDEST, reencode


@cache
def noise() -> Image.Image:
    return Image.merge("RGB", tuple(Image.effect_noise((1600, 1000), sigma) for sigma in (60, 80, 100)))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(width: int, height: int) -> Image.Image:
    return noise().resize((width, height))


def chart(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGBA", (800, 500), (0, 0, 0, 0))
    for number, colour in enumerate(("#c00", "#00c", "#0a0")):
        image.paste(colour, (100 + 200 * number, 400 - 100 * number, 200 + 200 * number, 480))
    return image.convert(mode)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def header(width: int, height: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)


def made(content: bytes) -> Reencoded:
    result = reencode(content)
    assert isinstance(result, Reencoded), result
    return result


def opened(result: Reencoded) -> Image.Image:
    image = Image.open(io.BytesIO(result.content))
    image.load()
    assert image.size == (result.width, result.height)
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_becomes_a_small_jpeg_at_most_1200_pixels_wide(kind: str) -> None:
    content = saved(photo(1600, 1000), kind)
    result = made(content)
    assert (result.suffix, opened(result).format) == (".jpg", "JPEG")
    assert result.width <= WIDEST
    assert abs(result.width / result.height - 1.6) < 0.01
    assert len(result.content) <= LARGEST
    assert made(content) == result, "the same bytes give the same file"


def test_a_chart_stays_sharp_and_stands_on_white() -> None:
    result = made(saved(chart("RGBA"), "PNG"))
    image = opened(result).convert("RGB")
    assert (result.suffix, result.width, result.height) == (".png", 800, 500)
    assert (image.getpixel((0, 0)), image.getpixel((150, 450))) == ((255, 255, 255), (204, 0, 0))


def test_a_picture_that_lies_on_its_side_is_turned_and_keeps_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"
    gps = exif.get_ifd(0x8825)
    gps[1] = "N"
    image = photo(600, 400)
    image.paste("white", (0, 0, 300, 400))
    result = made(saved(image, "JPEG", exif=exif, icc_profile=b"\0" * 200, comment=b"a comment"))
    assert (result.width, result.height) == (400, 600)
    grey = opened(result).convert("L")
    assert grey.getpixel((200, 20)) > 240, "what was left is on top"
    assert not opened(result).getexif()
    assert {"icc_profile", "comment", "exif"}.isdisjoint(opened(result).info)
    assert b"taken" not in result.content


def test_of_a_moving_picture_there_is_the_first_frame() -> None:
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "blue")]
    for frame in frames:
        frame.paste("white", (0, 0, 100, 100))
    for kind in ("GIF", "WEBP"):
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        red, _, blue = opened(made(content)).convert("RGB").getpixel((300, 200))
        assert (red > 200, blue < 60) == (True, True), kind


@pytest.mark.parametrize(
    ("content", "reason"),  # made by the test: all processes collect it
    [
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is no JPEG, PNG, WebP or GIF"),
        (lambda: b"", "it is no JPEG, PNG, WebP or GIF"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 8_000_000, "it has more than 8 MB"),
        (lambda: saved(photo(299, 300), "PNG"), "it is small, 299 × 300 pixels"),
        (lambda: saved(photo(1, 1), "GIF"), "it is small, 1 × 1 pixels"),
        (lambda: saved(photo(1500, 130), "JPEG"), "it is a strip, 1500 × 130 pixels"),
        (lambda: saved(photo(300, 900), "JPEG"), "it is a strip, 300 × 900 pixels"),
        (lambda: saved(Image.new("RGB", (600, 400), "#fefefe"), "PNG"), "it is of one colour"),
        (lambda: saved(photo(600, 400), "JPEG")[:5_000], "it is damaged (OSError)"),
        (
            lambda: png(header(60_000, 60_000), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")),
            "it has more than 20 million pixels",
        ),
        (lambda: png(header(5_000, 4_001), (b"IEND", b"")), "it has more than 20 million pixels"),
        (
            lambda: png(header(600, 400), (b"zTXt", b"a\0\0" + zlib.compress(b"x" * 9_000_000)), (b"IEND", b"")),
            "it is damaged (ValueError)",
        ),
        (lambda: saved(Image.new("L", (4_000, 2_501), 9), "WEBP"), "it has more than 10 million pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_picture_of_a_post_has_a_reason(content: Callable[[], bytes], reason: str) -> None:
    assert reencode(content()) == NoPicture(reason)


def test_what_stands_behind_a_picture_goes() -> None:
    result = made(saved(photo(900, 600), "JPEG") + b"<script>alert(1)</script>PK\3\4")
    assert b"script" not in result.content


@cache
def small() -> list[bytes]:
    return [saved(photo(320, 200), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")] + [saved(chart("P"), "PNG")]


@given(st.data())
def test_damaged_pictures_end_in_a_picture_or_a_reason(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(small())))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    assert isinstance(reencode(bytes(content)), Reencoded | NoPicture)
