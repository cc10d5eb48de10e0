"""Content codings undone with a limit on what comes out, so that a bomb of ten kilobytes costs no gigabytes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_ZSTD_WINDOW = 8 * 1024 * 1024  # what RFC 9659 allows on the web
_LAYERS = 2
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


class UnknownCodingError(ValueError):
    """A Content-Encoding that was never offered."""


def decode(raw: bytes, coding: str, limit: int) -> Decoded:
    """At most `limit` bytes of what `raw` says under a Content-Encoding header. Raises UnknownCodingError."""
    names = [name.strip().lower() for name in coding.split(",") if name.strip().lower() not in ("", "identity")]
    if len(names) > _LAYERS:
        raise UnknownCodingError(coding)
    result = Decoded(raw[:limit], cut=len(raw) > limit)
    if names:
        result = Decoded(raw)
    for name in reversed(names):
        inner = _undo(result.content, name, limit)
        result = Decoded(inner.content, result.cut or inner.cut, result.broken or inner.broken)
    return result


def _undo(raw: bytes, name: str, limit: int) -> Decoded:
    if name in ("gzip", "x-gzip"):
        return _gzip(raw, limit)
    if name == "deflate":
        # Meant is zlib's format; some servers send the bare stream.
        decoded = _zlib(raw, limit, zlib.MAX_WBITS)
        return decoded if decoded.content or not decoded.broken else _zlib(raw, limit, -zlib.MAX_WBITS)
    if name == "br":
        return _brotli(raw, limit)
    if name == "zstd":
        return _zstd(raw, limit)
    raise UnknownCodingError(name)


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
