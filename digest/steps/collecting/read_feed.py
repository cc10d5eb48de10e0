"""Fetch and parse the feeds of sources: the one that the settings name, and those that a page in its place names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from digest.collect.discover_feeds import FeedLink, carries_comments
from digest.collect.fetch import Client, Fetched
from digest.collect.parse_in_workers import ParsePool
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.model import Source

FEEDS_TO_TRY = 3  # at most so many of the feeds that a page names


@dataclass(frozen=True, slots=True)
class FeedReader:
    client: Client
    parsers: ParsePool
    zone: str  # of the newsletter
    sketched_since: datetime  # entries of that date or later will be compared with others

    async def parse(self, source: Source, response: Fetched) -> ParsedFeed | NotAFeed:
        return await self.parsers.parse(
            response.content,
            url=response.final_url,
            content_type=response.content_type,
            zone=self.zone,
            source=source.feed,
            sketched_since=self.sketched_since,
        )

    async def links(self, response: Fetched) -> tuple[FeedLink, ...]:
        """The feeds that a page announces."""
        named = await self.parsers.find_feeds(response.content, url=response.final_url, link=response.link)
        return named.links

    async def first_of(self, source: Source, links: Iterable[FeedLink]) -> tuple[ParsedFeed, str] | None:
        """Return the first of these feeds of posts that can be read, and its URL."""
        for link in links:
            if link.is_of_comments:
                continue
            result = await self.client.fetch(link.url)
            if isinstance(result, Fetched):
                feed = await self.parse(source, result)
                if isinstance(feed, ParsedFeed) and not carries_comments(feed.title):
                    return feed, link.url
        return None

    async def elsewhere(self, source: Source) -> str:
        """Return the URL of another feed that the source's site names; "" if it names none."""
        result = await self.client.fetch(source.site or urljoin(source.feed, "/"))
        if not isinstance(result, Fetched):
            return ""
        links = [link for link in await self.links(result) if link.url != source.feed]
        followed = await self.first_of(source, links[:FEEDS_TO_TRY])
        return followed[1] if followed else ""
