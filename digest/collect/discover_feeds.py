"""From a web page to its feed: what the page announces, else the places where feeds usually are."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from digest.collect.urls import absolute
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
_OF_COMMENTS = re.compile(
    r"\bcomments\b|\bcomment[-_ /](?:feed|rss|atom)\b|\bkommentar\w*[- ]feed|\bkommentare\b|\bcommentaires\b"
    r"|\bcomentarios\b|\bcomentários\b|\bcommenti\b|\breacties\b|\bsylwadau\b",
    re.IGNORECASE,
)
"""Stricter than what only puts a feed last: a newspaper's "Comment" is opinion pieces."""
_COMMENTS_ON = re.compile(
    r"\s*(?:comments\s+(?:on|for|to)\b|kommentare\s+(?:zu|für)\b|commentaires\s+(?:sur|pour)\b|comentarios\s+(?:en|para)\b|commenti\s+(?:su|a)\b)",
    re.IGNORECASE,
)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feed|rss|atom|index|feeds?/[\w-]+)(?:\.(?:xml|rss|atom|json|rdf))?/?$", re.IGNORECASE
)
_FEED_SUFFIXES = (".rss", ".atom", ".rdf")
_MOST = 12
_MOST_TAGS = 1_000  # of a page, among which the best are chosen
_READ = 1_000_000  # characters of a page
_SHORT_PAGE = 5_000  # characters
_LONGEST_HEADER = 16_384  # characters
_QUERIES = ("?format=rss", "?format=feed&type=rss", "?feed=rss2")
"""With which Squarespace, Joomla and WordPress turn a page into its feed."""


@dataclass(frozen=True, slots=True)
class FeedLink:
    url: str
    title: str = ""
    announced: bool = True  # the page says so itself; False for a guess

    @property
    def is_of_comments(self) -> bool:
        """Whether it says of itself that it carries comments on posts, not posts."""
        return bool(_OF_COMMENTS.search(urlsplit(self.url).path) or _OF_COMMENTS.search(self.title))


def feed_links(html: str, url: str, header: str = "") -> tuple[FeedLink, ...]:
    """The feeds that a page announces, best first: posts before comments, the page's order otherwise."""
    announced: list[tuple[str, str]] = list(_links_of_header(header))
    linked: list[tuple[str, str]] = []
    base = url
    for tag, attributes in _tags(html):
        if len(announced) + len(linked) >= _MOST_TAGS:
            break
        href = attributes.get("href", "")
        kind = attributes.get("type", "").lower().split(";")[0].strip()
        if tag == "base" and href and base == url:
            base = urljoin(url, href)
        elif tag == "link" and _announces(attributes.get("rel", "").lower().split(), kind):
            announced.append((href, attributes.get("title", "")))
        elif tag == "a" and (kind in _TYPES[:4] or _is_feed_path(href)):
            linked.append((href, attributes.get("title", "")))
    linked += [(target, "") for target in _sends_on(html)]
    links: dict[str, FeedLink] = {}
    for href, title in (*announced, *linked):
        address = absolute(href, base) if href else ""
        if address and address.rstrip("/") != url.rstrip("/"):
            links.setdefault(address, FeedLink(address, plain_from_html(title)[:200]))
    # Python sorts stably: within each half the page's own order stays.
    return tuple(sorted(links.values(), key=_about_comments))[:_MOST]


def guesses(url: str) -> Iterator[FeedLink]:
    """Where a site's feed usually is: below the page's own folder, then at the root."""
    seen = set()
    for base in (url if url.endswith("/") else url + "/", urljoin(url, "/")):
        for place in USUAL_PLACES:
            address = absolute(place, base)
            if address and address not in seen:
                seen.add(address)
                yield FeedLink(address, announced=False)
    page = url.partition("#")[0].partition("?")[0]
    for query in _QUERIES:
        if absolute(page):
            yield FeedLink(page + query, announced=False)


def carries_comments(title: str) -> bool:
    """Whether a feed's own title says that it carries comments ("Comments on: A post"), wherever it was found."""
    return _COMMENTS_ON.match(title) is not None


def _is_feed_path(href: str) -> bool:
    """Whether a link looks like one to a feed. A fragment names a place in a page."""
    # The query is cut off first: a pattern that also matched it would read it from each "/feed" in it.
    return "#" not in href and (
        href.lower().endswith(_FEED_SUFFIXES) or _FEED_PATH.search(href.partition("?")[0]) is not None
    )


def _about_comments(link: FeedLink) -> bool:
    return bool(_NOT_POSTS.search(link.url) or _NOT_POSTS.search(link.title))


def _announces(relations: list[str], kind: str) -> bool:
    return "feed" in relations or ("alternate" in relations and kind in _TYPES)


_HEADER_LINK = re.compile(r"<([^<>]{1,4000})>([^<>]{0,1000})")


def _links_of_header(header: str) -> Iterator[tuple[str, str]]:
    """The addresses and titles of feeds that a Link header (RFC 8288) names."""
    for match in _HEADER_LINK.finditer(header[:_LONGEST_HEADER]):
        attributes: dict[str, str] = {}
        for name, *values in _ATTRIBUTE.findall(match[2].replace(";", " ; ")):
            attributes.setdefault(name.lower(), "".join(values).strip(",; "))
        kind = attributes.get("type", "").lower().split(";")[0].strip()
        if _announces(attributes.get("rel", "").lower().split(), kind):
            yield match[1], attributes.get("title", "")


# Regular expressions of bounded reach in place of a parser: pages come from strangers, and Python's HTML parser takes
# time in the square of what is malformed.
_TAG = re.compile(r"<(base|link|a)\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z:-])([a-zA-Z:-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")


def _tags(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The base, link and a tags outside comments, with their attributes."""
    first, *rest = html[:_READ].split("<!--")
    for part in (first, *(each.partition("-->")[2] for each in rest)):
        for match in _TAG.finditer(part):
            attributes: dict[str, str] = {}
            for name, *values in _ATTRIBUTE.findall(match[2]):
                attributes.setdefault(name.lower(), entities.unescape("".join(values)).strip())
            yield match[1].lower(), attributes


_SENDS_ON = re.compile(
    r"""<meta\b[^<>]{0,200}\brefresh\b[^<>]{0,200}?\burl\s{0,9}=\s{0,9}["']?([^"'<>\s]{1,2000})"""
    r"""|\blocation(?:\.href)?\s{0,9}=\s{0,9}["']([^"'<>\s]{1,2000})["']"""
    r"""|\blocation\.(?:replace|assign)\(\s{0,9}["']([^"'<>\s]{1,2000})["']""",
    re.IGNORECASE,
)


def _sends_on(html: str) -> Iterator[str]:
    """Where a page leads that has nothing to show but the way to another."""
    if len(html) <= _SHORT_PAGE:
        for match in _SENDS_ON.finditer(html):
            yield entities.unescape(match[1] or match[2] or match[3])


def canonical_link(html: str, url: str) -> str:
    """The address that a page names as its own; "" where it names none, or only its site's front page."""
    for tag, attributes in _tags(html):
        if tag == "link" and "canonical" in attributes.get("rel", "").lower().split() and attributes.get("href"):
            address = absolute(attributes["href"], url)
            # Some sites name their front page as the canonical address of every page.
            return "" if re.fullmatch(r"\w+://[^/]+/?", address) else address
    return ""
