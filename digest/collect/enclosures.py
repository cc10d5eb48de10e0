"""Sound and film that a feed encloses: how large, how long. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from mimetypes import guess_type
from typing import Any
from urllib.parse import urlsplit

from digest.model import Media, MediaKind

_MOST = 20
"""Enclosures that are looked at."""
_LONGEST = 100 * 3600
"""Seconds. A longer "duration" counts something else."""
_LARGEST = 10**13


def enclosed(enclosures: Iterable[Mapping[str, Any]], duration: object = "") -> Media | None:
    """Return the first sound or film among a feed's enclosures; None where there is none.

    Each has `type`, `href` and `length`, as feedparser names them; `duration` is what iTunes' element says.
    """
    for _, enclosure in zip(range(_MOST), enclosures, strict=False):
        name = str(enclosure.get("type") or "").strip().lower() or _type_by_name(str(enclosure.get("href") or ""))
        kind = {"audio": MediaKind.PODCAST, "video": MediaKind.VIDEO}.get(name.partition("/")[0])
        if kind is not None:
            return Media(kind, _number(enclosure.get("length"), _LARGEST), seconds_of(duration))
    return None


def seconds_of(duration: object) -> int:
    """Return the seconds of "1860", "31:00" or "00:31:00"; 0 for anything else."""
    text = str(duration or "").strip()
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,9})?|(?:\d{1,3}:)?\d{1,3}:\d{1,2}", text):
        return 0
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(float(part))
    return seconds if seconds <= _LONGEST else 0


def _number(value: object, most: int) -> int:
    text = str(value if value is not None else "").strip()
    return int(text) if re.fullmatch(r"\d{1,15}", text, re.ASCII) and int(text) <= most else 0


def _type_by_name(href: str) -> str:
    try:
        return guess_type(urlsplit(href).path)[0] or ""
    except ValueError:
        return ""
