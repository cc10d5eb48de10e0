"""From a web page to its feed: what the page announces, else the places where feeds usually are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

from digest.collect.addresses import absolute
from digest.text import plain_from_html

USUAL_PLACES = (
    "feed/",
    "feed",
    "rss.xml",
    "atom.xml",
    "feed.xml",
    "index.xml",
    "rss",
    "feed.json",
    "feeds/posts/default",
)
_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "text/xml",
    "application/xml",
)
_NOT_POSTS = re.compile(r"\bcomments?\b|/comments/", re.IGNORECASE)
_LINKED = re.compile(
    r"(?:^|/)(?:feed|rss|atom|index|feeds?/[\w-]+)(?:\.(?:xml|rss|atom|json|rdf))?/?(?:\?[^#]*)?$|\.(?:rss|atom|rdf)$",
    re.IGNORECASE,
)
_MOST = 12
_READ = 1_000_000  # characters of a page


@dataclass(frozen=True, slots=True)
class FeedLink:
    url: str
    title: str = ""
    announced: bool = True  # the page says so itself; False for a guess


def feed_links(html: str, url: str) -> tuple[FeedLink, ...]:
    """The feeds that a page announces, best first: posts before comments, the page's order otherwise."""
    reader = _Reader()
    reader.feed(html[:_READ])
    base = urljoin(url, reader.base) if reader.base else url
    found: dict[str, FeedLink] = {}
    for href, title in (*reader.announced, *reader.linked):
        address = absolute(href, base)
        if address and address.rstrip("/") != url.rstrip("/"):
            found.setdefault(address, FeedLink(address, plain_from_html(title)[:200]))
    # Python sorts stably: within each half the page's own order stays.
    return tuple(sorted(found.values(), key=_about_comments))[:_MOST]


def guesses(url: str) -> Iterator[FeedLink]:
    """Where a site's feed usually is: below the page's own folder, then at the root."""
    seen = set()
    for base in (url if url.endswith("/") else url + "/", urljoin(url, "/")):
        for place in USUAL_PLACES:
            address = absolute(place, base)
            if address and address not in seen:
                seen.add(address)
                yield FeedLink(address, announced=False)


def _about_comments(link: FeedLink) -> bool:
    return bool(_NOT_POSTS.search(link.url) or _NOT_POSTS.search(link.title))


class _Reader(HTMLParser):
    """Collects <link rel=alternate> of the head, and links in the body that look like feeds."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.announced: list[tuple[str, str]] = []
        self.linked: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        href = said.get("href", "").strip()
        if not href:
            return
        if tag == "base":
            self.base = self.base or href
        elif tag == "link":
            relations = said.get("rel", "").lower().split()
            kind = said.get("type", "").lower().split(";")[0].strip()
            if "feed" in relations or ("alternate" in relations and kind in _TYPES):
                self.announced.append((href, said.get("title", "")))
        elif tag == "a" and (said.get("type", "").lower() in _TYPES[:4] or _LINKED.search(href)):
            self.linked.append((href, said.get("title", "")))


_CANONICAL = re.compile(r"<link\b[^>]*\brel\s*=\s*[\"']?canonical\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)


def canonical_link(html: str, url: str) -> str:
    """The address that a page names as its own; "" where it names none, or only its site's front page."""
    found = _CANONICAL.search(html[:200_000])
    href = _HREF.search(found[0]) if found else None
    if href is None:
        return ""
    address = absolute(next(group for group in href.groups() if group is not None), url)
    # Some sites name their front page as the canonical address of every page.
    return "" if re.fullmatch(r"\w+://[^/]+/?", address) else address
