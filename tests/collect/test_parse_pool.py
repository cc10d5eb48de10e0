"""Parsing in processes of its own."""

from __future__ import annotations

import asyncio
import time

from digest.collect.parse_pool import Parsers
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from tests.web_of_feeds import Item, rss

URL = "https://x.org/feed"


def test_workers_read_many_feeds_at_once() -> None:
    async def read_all(parsers: Parsers) -> list[ParsedFeed | NotAFeed]:
        feeds = [rss(Item(f"Post {number}")).encode() for number in range(20)]
        return list(await asyncio.gather(*(parsers.parse(feed, url=URL) for feed in feeds)))

    with Parsers(2) as parsers:
        found = asyncio.run(read_all(parsers))
        again = asyncio.run(read_all(parsers))  # in another event loop
    titles = [feed.entries[0].title for feed in found if isinstance(feed, ParsedFeed)]
    assert titles == [f"Post {number}" for number in range(20)]
    assert again == found


def test_an_overrun_is_ended_and_the_next_feed_read() -> None:
    evil = rss(Item("Evil")).replace("</item>", f"<author>{'a.' * 200_000}@</author></item>").encode()

    async def both(parsers: Parsers) -> tuple[ParsedFeed | NotAFeed, ParsedFeed | NotAFeed]:
        return await parsers.parse(evil, url=URL), await parsers.parse(rss(Item("Good")).encode(), url=URL)

    with Parsers(1, seconds=1.0) as parsers:
        started = time.perf_counter()
        bad, good = asyncio.run(both(parsers))
        assert time.perf_counter() - started < 10
    assert isinstance(bad, NotAFeed)
    assert "longer than 1 seconds" in bad.reason
    assert isinstance(good, ParsedFeed)


def test_a_feed_of_fifty_megabytes_and_one_of_100_000_entries_stall_nobody() -> None:
    huge = rss(*(Item(f"Post {number}", html="<p>" + "x" * 4_900 + "</p>") for number in range(10_000))).encode()
    long = f"<rss version='2.0'><channel>{'<item><title>a</title></item>' * 100_000}</channel></rss>".encode()
    assert len(huge) > 49_000_000

    async def all_three(parsers: Parsers) -> list[ParsedFeed | NotAFeed]:
        contents = (huge, long, rss(Item("Small")).encode())
        return list(await asyncio.gather(*(parsers.parse(content, url=URL) for content in contents)))

    with Parsers(2) as parsers:
        found = asyncio.run(all_three(parsers))
    assert [len(feed.entries) for feed in found if isinstance(feed, ParsedFeed)] == [1_000, 1_000, 1]
