"""Content codings undone with a limit on what comes out, so that a bomb of ten kilobytes costs no gigabytes.

What a server names and what it sends are two things. As browsers do, a name that is no coding ("UTF-8", "none") is
passed over, and what is named but plain is taken as it is. gzip and zstd that are not named, or by another's name, are
undone, too.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_ZSTD_WINDOW = 8 * 1024 * 1024  # what RFC 9659 allows on the web
_CODINGS = ("gzip", "x-gzip", "deflate", "br", "zstd")
_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_BEGINNINGS = {_GZIP: "gzip", _ZSTD: "zstd"}
_LAYERS = 2
_SAMPLE = 256  # bytes
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[<{\[#]|[A-Za-z][\w -]*:)")
"""How a feed, a page or a robots.txt starts."""
_PIECE = 64  # bytes
_SLICE = 1 << 14  # bytes
_MEMBERS = 1_000
"""Of gzip, and frames of zstd. Each costs time and may hold nothing; programs that write several write one for each
64 KB or more. What comes after the last is left."""


@dataclass(frozen=True, slots=True)
class Decoded:
    content: bytes
    cut: bool = False  # there was more than the limit
    broken: bool = False  # the coding ended early or is damaged; what came before is whole


class TooManyCodingsError(ValueError):
    """More codings, one around the other, than any server has a reason for."""


def decode(raw: bytes, coding: str, limit: int) -> Decoded:
    """At most `limit` bytes of what `raw` holds under a Content-Encoding header. Raises TooManyCodingsError."""
    names = [name for each in coding.split(",") if (name := each.strip().lower()) in _CODINGS]
    if len(names) > _LAYERS:
        raise TooManyCodingsError(coding)
    result, undone = Decoded(raw), 0
    for name in reversed(names):
        inner = _undo(result.content, _by_beginning(result.content) or name, limit)
        if inner.broken and not inner.content and not _is_plain(result.content):
            inner = _undo(result.content, "gzip" if name == "br" else "br", limit)  # a slip in the server's settings
        elif inner.broken and _is_plain(result.content):
            continue
        result, undone = _within(inner, result), undone + 1
    # Packed by the program and again by the server in front of it, or never named.
    while undone < _LAYERS and (beginning := _by_beginning(result.content)):
        inner = _undo(result.content, beginning, limit)
        if not inner.content:
            break
        result, undone = _within(inner, result), undone + 1
    return Decoded(result.content[:limit], result.cut or len(result.content) > limit, result.broken)


def is_coded(raw: bytes, coding: str) -> bool:
    """Whether there is anything to undo."""
    return bool(_by_beginning(raw)) or any(each.strip().lower() in _CODINGS for each in coding.split(","))


def _by_beginning(raw: bytes) -> str:
    """The coding that shows in how bytes begin; "" for the others."""
    return next((name for start, name in _BEGINNINGS.items() if raw.startswith(start)), "")


def _within(inner: Decoded, outer: Decoded) -> Decoded:
    return Decoded(inner.content, outer.cut or inner.cut, outer.broken or inner.broken)


def _is_plain(raw: bytes) -> bool:
    """Whether bytes are text: packed ones have control characters before long, and begin unlike a document."""
    start = raw[:_SAMPLE]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return b"\x00" in start
    return not _CONTROL.search(start) and (len(start) == _SAMPLE or _DOCUMENT.match(start) is not None)


def _undo(raw: bytes, name: str, limit: int) -> Decoded:
    if name in ("gzip", "x-gzip"):
        return _gzip(raw, limit)
    if name == "br":
        return _brotli(raw, limit)
    if name == "zstd":
        return _zstd(raw, limit)
    # deflate: meant is zlib's format; some servers send the bare stream.
    decoded = _zlib(raw, limit, zlib.MAX_WBITS)
    return decoded if decoded.content or not decoded.broken else _zlib(raw, limit, -zlib.MAX_WBITS)


def _gzip(raw: bytes, limit: int) -> Decoded:
    """One member after another, as gzip allows.

    In slices: a member hands back the bytes behind it, and behind each of many small ones would lie nearly everything.
    """
    out, members, view = bytearray(), 0, memoryview(raw)
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    at = 0
    while at < len(view):
        piece: bytes | memoryview = view[at : at + _SLICE]
        at += len(piece)
        while piece:
            if stream.eof:
                members += 1
                if members >= _MEMBERS:
                    return Decoded(bytes(out), cut=True)
                stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                out += stream.decompress(piece, limit + 1 - len(out))
            except zlib.error:
                # Bytes after a whole member are padding.
                return Decoded(bytes(out[:limit]), len(out) > limit, broken=not out)
            if len(out) > limit:
                return Decoded(bytes(out[:limit]), cut=True)
            piece = stream.unused_data if stream.eof else stream.unconsumed_tail
    return Decoded(bytes(out), broken=not stream.eof and bool(raw))


def _zlib(raw: bytes, limit: int, window: int) -> Decoded:
    stream = zlib.decompressobj(window)
    try:
        out = stream.decompress(raw, limit + 1)
    except zlib.error:
        return Decoded(b"", broken=True)
    return Decoded(out[:limit], len(out) > limit, broken=not stream.eof and len(out) <= limit)


def _brotli(raw: bytes, limit: int) -> Decoded:
    import brotli  # type: ignore[import-untyped]  # it ships no types

    stream, out = brotli.Decompressor(), bytearray()
    piece = raw
    try:
        # It gives a part at a time, and the rest when it is asked again without anything new.
        while len(out) <= limit and (part := stream.process(piece, output_buffer_limit=limit + 1 - len(out))):
            out += part
            piece = b""
    except brotli.error:
        return Decoded(bytes(out[:limit]), broken=True)
    return Decoded(bytes(out[:limit]), len(out) > limit, broken=not stream.is_finished() and len(out) <= limit)


def _zstd(raw: bytes, limit: int) -> Decoded:
    """One frame after another. Fed in small pieces: three bytes can stand for a block of 128 KB."""
    import zstandard

    machine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    out, at, frames, stream = bytearray(), 0, 1, machine.decompressobj()
    try:
        while at < len(raw) and len(out) <= limit:
            out += stream.decompress(raw[at : at + _PIECE])
            at += _PIECE
            if stream.eof and at - len(stream.unused_data) < len(raw):
                if frames >= _MEMBERS:
                    return Decoded(bytes(out[:limit]), cut=True)
                at -= len(stream.unused_data)
                frames += 1
                stream = machine.decompressobj()
    except zstandard.ZstdError:
        return Decoded(bytes(out[:limit]), broken=True)
    return Decoded(bytes(out[:limit]), len(out) > limit, broken=not stream.eof and len(out) <= limit)
