"""Who wrote it first: what an aggregator says about the original of a post."""

from __future__ import annotations

import re

from digest.collect.addresses import absolute
from digest.model import Credit
from digest.text import clean_line, plain_from_html

_LINE = re.compile(
    r"(?:original(?:ly)?\s+(?:source|post(?:ed)?|article|publi(?:shed|cation))|source\s+originale|first\s+(?:published|posted|appeared))"
    r"(?:\s|&nbsp;|<[^>]{0,200}>|[:–—-]|&(?:ndash|mdash|#8211|#8212);|\b(?:on|at|by|in|here)\b)*$",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"<a\b[^>]*?\bhref\s*=\s*[\"']([^\"']+)[\"'][^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_REACH = 300
"""Characters before a link in which "Original source" must stand."""


def credit(name: str, url: str) -> Credit | None:
    """A credit with a clean name and a web address; None where there is neither."""
    name, url = clean_line(name, limit=200), absolute(url)
    return Credit(name, url) if name or url else None


def credit_in(html: str, base: str) -> Credit | None:
    """The link of an "Original source – …" line; None where there is none. WordPress's own footer ("The post X appeared
    first on Y.") names the blog itself and is no credit.
    """
    lowered = html.lower()
    if "origin" not in lowered and "first p" not in lowered:
        return None
    for found in _ANCHOR.finditer(html):
        before = html[max(0, found.start() - _REACH) : found.start()]
        line = _LINE.search(before)
        if line is not None and "appeared" not in line[0].lower():
            url = absolute(found[1], base)
            if url:
                return Credit(plain_from_html(found[2])[:200], url)
    return None
