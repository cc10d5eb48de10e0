"""Who wrote a post: the names that a feed credits, without their addresses.

RSS asks for "address (name)", Atom and JSON Feed for names. Feeds write either, several, or an address alone.
An address is no byline: it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ADDRESS = re.compile(r"(?:mailto:)?(?<![@\w.+-])[^\s<>()@,;:\"&]{1,64}@[^\s<>()@,;:\"&]{1,255}", re.IGNORECASE)
"""An e-mail address; not the handle "@ann@social.example", which people do sign with."""
_AROUND = re.compile(r"<\s*>|\(\s*\)|\[\s*\]|\"\s*\"|&lt;\s*&gt;|mailto:", re.IGNORECASE)
_NAME_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_EDGES = ' \t\r\n,;:<>"()[]-–|'
_ELEMENT = re.compile(
    rb"(<((?:[A-Za-z]{1,20}:)?(?:author|creator|name))(?:\s[^<>]{0,300})?>\s{0,20}(?:<!\[CDATA\[)?)([^<>@]{0,300}@[^<>]{0,500})"
    rb"(?=(?:\]\]>)?\s{0,20}</\2)",
    re.IGNORECASE,
)


def name_in(text: str) -> str:
    """The names in "address (name)", "name <address>" and the like; "" for an address alone."""
    if "@" not in text or not _ADDRESS.search(text):
        return text
    rest = _ADDRESS.sub("", text)
    while (emptied := _AROUND.sub("", rest)) != rest:
        rest = emptied
    names = (_NAME_IN_BRACKETS.sub(r"\1", part).strip(_EDGES) for part in re.split(r"[,;]", rest))
    return ", ".join(name for name in names if name)


def byline(names: Iterable[str], *, limit: int) -> str:
    """All names that are credited, each once, as many whole ones as fit."""
    line = ""
    folded: set[str] = set()
    for each in names:
        name = name_in(each).strip()
        if not name or name.casefold() in folded:
            continue
        folded.add(name.casefold())
        longer = f"{line}, {name}" if line else name[:limit]
        if len(longer) > limit:
            break
        line = longer
    return line


def without_addresses(content: bytes) -> bytes:
    """A feed whose author elements hold names only: feedparser cuts addresses whose ending has over four letters."""
    return _ELEMENT.sub(_names_only, content) if b"@" in content else content


def _names_only(match: re.Match[bytes]) -> bytes:
    text = match[3].decode("latin-1")  # every byte is kept as it is
    return match[1] + name_in(text).encode("latin-1")
