"""Who wrote it first: what an aggregator says about the original of a post."""

from __future__ import annotations

import html as entities
import re

from digest.collect.urls import absolute, clean_url
from digest.model import Credit
from digest.text import clean_line, plain_from_html

_LINE = re.compile(
    r"(?:original(?:ly)?\s+(?:source|post(?:ed)?|article|publi(?:shed|cation))|source\s+originale|first\s+(?:published|posted|appeared))"
    r"(?:\s|&nbsp;|<[^>]{0,200}>|[:–—-]|&(?:ndash|mdash|#8211|#8212);|\b(?:on|at|by|in|here)\b)*$",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"<a\b([^<>]{1,4000})>", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_REACH = 300
"""Characters before a link in which "Original source" must stand, and of the link's own text."""
_NAME = 200


def clean_credit(name: str, url: str) -> Credit | None:
    """A credit with a clean name and a web address; None where there is neither."""
    name, url = clean_line(name, limit=200), clean_url(url)
    return Credit(name, url) if name or url else None


def find_credit(html: str, base: str) -> Credit | None:
    """The link of an "Original source – …" line; None where there is none. WordPress's own footer ("The post X appeared
    first on Y.") names the blog itself and is no credit.
    """
    lowered = html.lower()
    if "origin" not in lowered and "first p" not in lowered:
        return None
    for anchor in _ANCHOR.finditer(html):
        line = _LINE.search(html[max(0, anchor.start() - _REACH) : anchor.start()])
        if line is None or "appeared" in line[0].lower():
            continue
        href = _HREF.search(anchor[1])
        url = clean_url(absolute(entities.unescape(href[1] or href[2] or ""), base)) if href else ""
        if url:
            text = html[anchor.end() : anchor.end() + _REACH].partition("</a")[0]
            return Credit(clean_line(plain_from_html(text), limit=_NAME), url)
    return None
