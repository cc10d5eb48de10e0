"""What a link leads to: a web page, or another kind of file. By what the server calls it and by how it begins. Pure."""

from __future__ import annotations

import re

from digest.model import MediaKind

_LOOKED_AT = 100_000
"""Bytes in which a page has to show a tag: some begin with long comments."""
_BLANK = b" \t\r\n\x0b\x0c"
_TAG = re.compile(rb"<(?:!doctype\s+html|/?[a-z][a-z0-9-]{0,30}[\s/>])", re.IGNORECASE)
_XHTML = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_SIGNATURES = (
    (re.compile(rb"%PDF-"), MediaKind.PDF),
    (re.compile(rb"ID3|OggS|fLaC|RIFF....WAVE|#!AMR|MThd|FORM....AIF|\xff[\xe2-\xfb]", re.DOTALL), MediaKind.AUDIO),
    (re.compile(rb"....ftyp(?:M4A|M4B)", re.DOTALL), MediaKind.AUDIO),
    (re.compile(rb"....ftyp(?:avif|heic|mif1)", re.DOTALL), MediaKind.IMAGE),
    (re.compile(rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01", re.DOTALL), MediaKind.VIDEO),
    (
        re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|II\*\x00|MM\x00\*|BM.{4}\x00{4}", re.DOTALL),
        MediaKind.IMAGE,
    ),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf"), MediaKind.DOCUMENT),
    (re.compile(rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|wOF[F2]"),
        MediaKind.FILE),
)  # fmt: skip
_OFFICE = ("msword", "officedocument", "opendocument", "ms-excel", "ms-powerpoint", "epub", "rtf")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def media_kind(content: bytes, content_type: str) -> MediaKind | None:
    """Return what a server's reply is, or None where it is a web page: HTML by its type and by its look.

    Without a type the look decides. An empty reply is called what its type says.
    """
    named = _kind_by_type(content_type)
    head = content[:_LOOKED_AT]
    if head.startswith(_MARKS[1:]):  # UTF-16: every other byte of its tags is NUL
        head = head.decode("utf-16", "replace").encode()
    if head.startswith(_MARKS[0]):
        head = head[3:]
    head = head.lstrip(_BLANK)
    signed = next((kind for pattern, kind in _SIGNATURES if pattern.match(head)), None)
    if signed is not None:
        return named if signed is MediaKind.FILE and named is MediaKind.DOCUMENT else signed
    if named is not None and not (named is MediaKind.DATA and _is_xml(content_type) and _XHTML.search(head)):
        return named
    if head.startswith(b"<?xml") and not _XHTML.search(head):
        return MediaKind.DATA
    if _TAG.search(head) and not (head[:1] in (b"{", b"[") and _is_json(content)):
        if b"\x00" in head[:512] and "utf-16" not in content_type.lower():
            return MediaKind.FILE
        return None
    if not head:
        return None  # an empty page is a page, and has no text
    if head[:1] in (b"{", b"[") and _is_json(content):
        return MediaKind.DATA
    return MediaKind.FILE if any(byte < 9 for byte in head[:512]) else MediaKind.TEXT


def _kind_by_type(content_type: str) -> MediaKind | None:
    """Return what a Content-Type header says; None for HTML, for nothing and for nonsense."""
    name = content_type.split(";")[0].strip().lower()
    major, _, minor = name.partition("/")
    if "html" in name or not major or not minor:
        return None
    if major in ("audio", "video", "image"):
        return MediaKind(major)
    if minor in ("pdf", "x-pdf"):
        return MediaKind.PDF
    if any(program in minor for program in _OFFICE):
        return MediaKind.DOCUMENT
    if re.search(r"json|xml|csv|yaml|javascript|calendar", minor):
        return MediaKind.DATA
    return MediaKind.TEXT if major == "text" else MediaKind.FILE


def _is_xml(content_type: str) -> bool:
    return content_type.split(";")[0].strip().lower() in ("text/xml", "application/xml")


def _is_json(content: bytes) -> bool:
    import json

    if len(content) > 1_000_000:
        return True  # no page begins with a brace
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
