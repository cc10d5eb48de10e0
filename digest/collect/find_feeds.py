"""The feeds that a page or list names, as a job for the worker pool: reading megabytes takes a while."""

from __future__ import annotations

from dataclasses import dataclass

from digest.collect.discover_feeds import FeedLink, feed_links
from digest.collect.known_sites import feed_of_page
from digest.collect.opml import read_opml
from digest.errors import UsageError

_START = 2_000  # bytes


@dataclass(frozen=True, slots=True)
class Page:
    """What an address gave instead of a feed."""

    content: bytes
    url: str  # where it came from
    link: str = ""  # its Link headers


@dataclass(frozen=True, slots=True)
class NamedFeeds:
    links: tuple[FeedLink, ...] = ()  # that a web page or its headers announce, best first
    of_site: str = ""  # that a site we know keeps for such a page
    listed: tuple[FeedLink, ...] = ()  # where the document is an OPML list


def find_feeds(page: Page) -> NamedFeeds:
    if listed := listed_feeds(page.content):
        return NamedFeeds(listed=listed)
    text = page.content.decode("utf-8", "replace")
    return NamedFeeds(feed_links(text, page.url, page.link), of_site=feed_of_page(text, page.url))


def listed_feeds(content: bytes) -> tuple[FeedLink, ...]:
    """The feeds of an OPML list; none where the content is no such list."""
    if b"<opml" not in content[:_START].lower():
        return ()
    try:
        return tuple(FeedLink(source.feed, source.name) for source in read_opml(content))
    except UsageError:
        return ()
