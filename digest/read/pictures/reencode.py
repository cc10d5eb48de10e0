"""A picture from a stranger, decoded and written anew, in a worker process and nowhere else.

    bytes ─first bytes─▶ JPEG, PNG, WebP, GIF ─header─▶ width × height ─decode─▶ pixels ─▶ upright, on white, at most
    1,200 pixels wide ─▶ JPEG or PNG of at most 150 kB, without metadata

The same bytes give the same file. What is no picture of a post, such as an icon or a counter, gets a reason.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image

from digest.read.pictures.outcome import MOST_BYTES, NoPicture, Reencoded

MOST_PIXELS = 20_000_000
_MOST_OF_WEBP = 10_000_000  # its decoder holds three copies
WIDEST = 1_200
"""Pixels: twice the width at which a mail shows it, for sharp screens."""
LARGEST = 150_000
"""Bytes of the file that is written."""
_NARROWEST, _LOWEST = 300, 120
_FLATTEST, _STEEPEST = 4.0, 0.5  # width to height
_TALLEST = 1_600  # pixels that are written
_FEW_COLOURS = 600  # in a sample of 4,096 pixels: a drawing or a chart, which JPEG would blur
_LEAST_CONTRAST = 8  # of 255: less is one colour
_QUALITIES = (82, 72, 60)
_SHRINK = 0.8

_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
Image.init()  # a worker's memory is limited once it is ready: what decodes is loaded by then


def reencode(content: bytes) -> Reencoded | NoPicture:
    """Return the picture as it is to be shown, or why it cannot be. Raises MemoryError."""
    if not (content.startswith(_STARTS) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")):
        return NoPicture("it is no JPEG, PNG, WebP or GIF")
    if len(content) > MOST_BYTES:
        return NoPicture(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # of odd metadata, which nobody needs
            return _reencode(content)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return _too_large(MOST_PIXELS)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise whatever comes to them
        return NoPicture(f"it is damaged ({type(error).__name__})")


def _reencode(content: bytes) -> Reencoded | NoPicture:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        width, height = opened.size
        most = _MOST_OF_WEBP if opened.format == "WEBP" else MOST_PIXELS
        if width * height > most:
            return _too_large(most)
        orientation = opened.getexif().get(_ORIENTATION, 1)
        turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
        if turn is not None and orientation >= 5:  # upright, it lies the other way
            width, height = height, width
        if reason := _shape(width, height):
            return NoPicture(reason)
        is_photo = opened.format == "JPEG"
        wide = min(width, WIDEST, int(_TALLEST * width / height))
        size = wide, max(1, round(height * wide / width))
        if is_photo:
            # libjpeg decodes at an eighth, a quarter or half of the size for a fraction of the work.
            opened.draft("RGB", size if turn is None or orientation < 5 else size[::-1])
        pixels = _flat(opened)
    pixels.info.clear()  # comments and profiles would be written again
    if turn is not None:
        pixels = pixels.transpose(turn)
    if pixels.size != size:
        pixels = pixels.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    greys = [grey for grey, count in enumerate(pixels.convert("L").histogram()) if count]
    if greys[-1] - greys[0] < _LEAST_CONTRAST:
        return NoPicture("it is of one colour")
    return _written(pixels, is_photo)


def _too_large(most: int) -> NoPicture:
    return NoPicture(f"it has more than {most // 1_000_000} million pixels")


def _shape(width: int, height: int) -> str:
    if width < _NARROWEST or height < _LOWEST:
        return f"it is small, {width} × {height} pixels"
    if not _STEEPEST <= width / height <= _FLATTEST:
        return f"it is a strip, {width} × {height} pixels"
    return ""


def _flat(image: Image.Image) -> Image.Image:
    """Return the pixels (of the first frame) in red, green and blue, with white behind what is transparent."""
    image.load()
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        if image.mode != "RGBA":
            image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    if image.mode in ("I", "F") or image.mode.startswith("I;"):  # 16 bits of grey
        image = image.point(lambda value: value / 256).convert("L")
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _written(pixels: Image.Image, is_photo: bool) -> Reencoded:
    if not is_photo and len(pixels.resize((64, 64), Image.Resampling.NEAREST).getcolors(4_096) or ()) <= _FEW_COLOURS:
        content = _png(pixels.quantize(256, dither=Image.Dither.NONE))
        if len(content) <= LARGEST:
            return Reencoded(content, ".png", *pixels.size)
    while True:
        for quality in _QUALITIES:
            content = _jpeg(pixels, quality)
            if len(content) <= LARGEST:
                return Reencoded(content, ".jpg", *pixels.size)
        pixels = pixels.resize(
            (max(1, round(pixels.width * _SHRINK)), max(1, round(pixels.height * _SHRINK))), Image.Resampling.LANCZOS
        )


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
