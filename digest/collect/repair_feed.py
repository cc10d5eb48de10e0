"""Feeds as they come, made fit for the parser: cut-off documents closed, endless ones cut, wrong encodings named."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

MOST_ENTRIES = 1_000
"""A feed that shows more is cut to its first and its last entries: some list the newest last."""

_OPEN = re.compile(rb"<(?:[A-Za-z0-9_.-]+:)?(item|entry)(?=[\s>/])", re.IGNORECASE)
_CLOSE = re.compile(rb"</(?:[A-Za-z0-9_.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ROOT = re.compile(rb"<((?:[A-Za-z0-9_.-]+:)?(?:rss|feed|rdf))(?=[\s>])", re.IGNORECASE)
_CHANNEL = re.compile(rb"<((?:[A-Za-z0-9_.-]+:)?channel)(?=[\s>])", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9_.:-]+)["'][^>]*\?>""", re.IGNORECASE)
_BARE = re.compile(rb"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_TAIL = 4_096
_REFERENCE = rb"&(amp;)?#(?:[xX]([0-9a-fA-F]+)|([0-9]+))"
_ONE = re.compile(_REFERENCE + rb";?")
_PAIR = re.compile(_REFERENCE + b";" + _REFERENCE + b";")
_LONGEST_REFERENCE = 12  # digits, leading zeros among them
_DECLARATION = re.compile(rb"<!(?!\[CDATA\[|--)[^<>]*>|<\?[^<>]*>|<!\[(?!CDATA\[)[^<>]*>", re.IGNORECASE)
_FOREIGN_TAG = re.compile(
    rb"</?(?!(?:content|dc|dcterms|atom|media|rdf|rss):[A-Za-z]+[\s/>])[A-Za-z_][A-Za-z0-9_.-]*:[^<>]*>", re.IGNORECASE
)
_NO_BEGINNING = re.compile(
    rb"(?:[\x80-\xc1\xf5-\xff]|[\xc2-\xdf](?![\x80-\xbf])|[\xe0-\xef](?![\x80-\xbf]{2})|[\xf0-\xf4](?![\x80-\xbf]{3}))*"
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Repaired:
    content: bytes
    cut_off: bool = False  # the document ended in the middle; the entries that are whole are left
    left_out: int = 0  # entries in the middle of an endless feed


def repair(content: bytes) -> Repaired:
    """The same feed, closed and of bounded length. Only looks at bytes; documents in UTF-16 pass as they are."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:64]:
        return Repaired(content)
    content, cut_off = _closed(_valid_references(_escaped(content)))
    content, left_out = _bounded(content)
    return Repaired(_honest_encoding(content), cut_off, left_out)


def reduce(content: bytes) -> bytes:
    """The bare feed, for a second try where the parser fails: UTF-8, without declarations and foreign elements."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16", "replace").encode()
    else:
        content = _mixed(content.removeprefix(b"\xef\xbb\xbf")).encode()
    return _FOREIGN_TAG.sub(b"", _DECLARATION.sub(b"", _CONTROLS.sub(b"", content)))


def _valid_references(content: bytes) -> bytes:
    """References to halves of a character brought together, and those to none dropped. The parser fails on both.

    Some programs write a character beyond 16 bits as its two halves in UTF-16. Those are also mended where they are
    escaped twice, for in HTML they mean nothing else.
    """
    if b"&#" not in content and b"&amp;#" not in content:
        return content
    return _ONE.sub(_valid_reference, _PAIR.sub(_joined_reference, content))


def _joined_reference(pair: re.Match[bytes]) -> bytes:
    high, low = _code_point(pair[2], pair[3]), _code_point(pair[5], pair[6])
    if pair[1] != pair[4] or not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return pair[0]
    return b"&%s#%d;" % (pair[1] or b"", 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _valid_reference(reference: re.Match[bytes]) -> bytes:
    code = _code_point(reference[2], reference[3])
    valid = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if valid or reference[1] else b""


def _code_point(hexadecimal: bytes | None, decimal: bytes | None) -> int:
    digits = (hexadecimal or decimal or b"").lstrip(b"0")
    if len(digits) > _LONGEST_REFERENCE:
        return -1
    return int(digits or b"0", 16 if hexadecimal else 10)


def _escaped(content: bytes) -> bytes:
    """Bare ampersands escaped, as in "R&D"; not in CDATA, where they may stand."""
    if not _BARE.search(content):
        return content
    first, *rest = content.split(b"<![CDATA[")
    parts = [_BARE.sub(b"&amp;", first)]
    for part in rest:
        inside, end, outside = part.partition(b"]]>")
        parts.append(inside + end + _BARE.sub(b"&amp;", outside))
    return b"<![CDATA[".join(parts)


def _closed(content: bytes) -> tuple[bytes, bool]:
    root = _ROOT.search(content)
    if root is None or b"</" + root[1].lower() in content[-_TAIL:].lower():
        return content, False
    closed = None
    for closed in _CLOSE.finditer(content):  # noqa: B007 - the last one is wanted
        pass
    if closed is None:
        return content, False  # nothing whole to save, or the parser's own affair
    channel = _CHANNEL.search(content, root.end())
    inside = channel is not None and b"</" + channel[1].lower() not in content[: closed.end()].lower()
    ending = (b"</" + channel[1] + b">" if channel is not None and inside else b"") + b"</" + root[1] + b">"
    return content[: closed.end()] + ending, True


def _bounded(content: bytes) -> tuple[bytes, int]:
    if len(content) < MOST_ENTRIES * 16:
        return content, 0
    opens = [match.start() for match in _OPEN.finditer(content)]
    if len(opens) <= MOST_ENTRIES:
        return content, 0
    half = MOST_ENTRIES // 2
    return content[: opens[half]] + content[opens[-half] :], len(opens) - MOST_ENTRIES


def _honest_encoding(content: bytes) -> bytes:
    """Windows-1252 that calls itself UTF-8 is common; the declaration is corrected, byte by byte where they mix."""
    declared = _ENCODING.match(content[:512].removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8"):
        return content
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _mixed(content).encode("utf-8")
    return content


def _mixed(content: bytes) -> str:
    """UTF-8 where it is valid, Windows-1252 elsewhere."""
    return content.decode("utf-8", _CP1252)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    # With the bytes behind it that begin no character of UTF-8 either: one by one would take seconds for a megabyte.
    run = _NO_BEGINNING.match(error.object, error.end)
    end = run.end() if run else error.end
    return error.object[error.start : end].decode("cp1252", "replace"), end


_CP1252 = "digest-cp1252"
codecs.register_error(_CP1252, _as_cp1252)
