"""Parsing in worker processes: what one feed does to its worker reaches no other feed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from tests.web_of_feeds import Item, rss

pytestmark = pytest.mark.slow

URL = "https://x.org/feed"


def test_workers_read_many_feeds_at_once() -> None:
    async def read_all(parsers: ParsePool) -> list[ParsedFeed | NotAFeed]:
        feeds = [rss(Item(f"Post {number}")).encode() for number in range(20)]
        return list(await asyncio.gather(*(parsers.parse(feed, url=URL) for feed in feeds)))

    with ParsePool(2) as parsers:
        results = asyncio.run(read_all(parsers))
        again = asyncio.run(read_all(parsers))  # in another event loop
    titles = [feed.entries[0].title for feed in results if isinstance(feed, ParsedFeed)]
    assert titles == [f"Post {number}" for number in range(20)]
    assert again == results


def test_a_feed_over_the_deadline_fails_and_the_next_is_read() -> None:
    evil = rss(Item("Evil")).replace("</item>", f"<author>{'a.' * 200_000}@</author></item>").encode()

    async def both(parsers: ParsePool) -> tuple[ParsedFeed | NotAFeed, ParsedFeed | NotAFeed]:
        return await parsers.parse(evil, url=URL), await parsers.parse(rss(Item("Good")).encode(), url=URL)

    with ParsePool(1, seconds=1.0) as parsers:
        started = time.perf_counter()
        bad, good = asyncio.run(both(parsers))
        assert time.perf_counter() - started < 10
    assert isinstance(bad, NotAFeed)
    assert "longer than 1 seconds" in bad.reason
    assert isinstance(good, ParsedFeed)


@pytest.mark.thorough
def test_huge_feeds_do_not_hold_up_the_others() -> None:
    huge = rss(*(Item(f"Post {number}", html="<p>" + "x" * 4_900 + "</p>") for number in range(10_000))).encode()
    long = f"<rss version='2.0'><channel>{'<item><title>a</title></item>' * 100_000}</channel></rss>".encode()
    assert len(huge) > 49_000_000

    async def all_three(parsers: ParsePool) -> list[ParsedFeed | NotAFeed]:
        contents = (huge, long, rss(Item("Small")).encode())
        return list(await asyncio.gather(*(parsers.parse(content, url=URL) for content in contents)))

    with ParsePool(2) as parsers:
        results = asyncio.run(all_three(parsers))
    assert [len(feed.entries) for feed in results if isinstance(feed, ParsedFeed)] == [1_000, 1_000, 1]


@pytest.mark.thorough
def test_a_feed_that_eats_memory_is_bounded_and_the_others_are_read() -> None:
    nested = b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b",".join([b"[[],[]]"] * 3_000_000) + b"]}"
    small = rss(Item("Small")).encode()

    async def all_three(parsers: ParsePool) -> list[ParsedFeed | NotAFeed]:
        return list(await asyncio.gather(*(parsers.parse(content, url=URL) for content in (small, nested, small))))

    with ParsePool(1, seconds=60.0) as parsers:
        first, bad, last = asyncio.run(all_three(parsers))
    assert isinstance(bad, NotAFeed)
    assert "memory" in bad.reason
    assert isinstance(first, ParsedFeed)
    assert first == last


async def parsed(parsers: ParsePool, items: list[bytes]) -> ParsedFeed | NotAFeed:
    content = b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b",".join(items) + b"]}"
    return await parsers.parse(content, url=URL)


def test_a_feed_of_millions_of_empty_items_has_no_entries_and_counts_them() -> None:
    with ParsePool(1) as parsers:
        feed = asyncio.run(parsed(parsers, [b"{}"] * 3_300_000))
    assert isinstance(feed, ParsedFeed)
    assert feed.entries == ()
    assert feed.left_out == {"it holds nothing": 3_300_000}


def test_a_feed_of_very_many_items_is_cut() -> None:
    with ParsePool(1) as parsers:
        feed = asyncio.run(parsed(parsers, [b'{"id":"%d","title":"T"}' % number for number in range(300_000)]))
    assert isinstance(feed, ParsedFeed)
    assert len(feed.entries) == 1_000
    assert feed.reason == "The feed has 300,000 entries. Digest used only the first and the last 500."


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up as Linux lists them")
def test_a_killed_worker_is_replaced_and_its_feed_fails() -> None:
    evil = rss(Item("Evil")).replace("</item>", f"<author>{'a.' * 200_000}@</author></item>").encode()

    async def killed_and_next(parsers: ParsePool) -> tuple[ParsedFeed | NotAFeed, ParsedFeed | NotAFeed]:
        await parsers.parse(rss(Item("First")).encode(), url=URL)
        (worker,) = _children() - before
        parsing = asyncio.create_task(parsers.parse(evil, url=URL))
        await asyncio.sleep(0.5)
        os.kill(worker, signal.SIGKILL)
        return await parsing, await parsers.parse(rss(Item("Good")).encode(), url=URL)

    with ParsePool(1) as warm:
        asyncio.run(_nothing(warm))  # multiprocessing has started its own helper
    before = _children()
    with ParsePool(1) as parsers:
        bad, good = asyncio.run(killed_and_next(parsers))
    assert bad == NotAFeed("Reading it made the parser fail; it is too large or malicious.")
    assert isinstance(good, ParsedFeed)
    assert _children() == before


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up as Linux lists them")
@pytest.mark.thorough
def test_one_worker_reads_most_feeds_and_another_starts_where_they_wait() -> None:
    evil = rss(Item("Evil")).replace("</item>", f"<author>{'a.' * 200_000}@</author></item>").encode()

    async def read_all(parsers: ParsePool) -> tuple[ParsedFeed | NotAFeed, ParsedFeed | NotAFeed]:
        feeds = [rss(Item(f"Post {number}")).encode() for number in range(20)]
        await asyncio.gather(*(parsers.parse(feed, url=URL) for feed in feeds))
        (worker,) = _children() - before
        parsing = asyncio.create_task(parsers.parse(evil, url=URL))
        await asyncio.sleep(0.2)
        good = await parsers.parse(rss(Item("Good")).encode(), url=URL)
        assert not parsing.done()
        os.kill(worker, signal.SIGKILL)
        return await parsing, good

    with ParsePool(1) as warm:
        asyncio.run(_nothing(warm))  # multiprocessing has started its own helper
    before = _children()
    with ParsePool(2, seconds=60.0) as parsers:
        bad, good = asyncio.run(read_all(parsers))
    assert isinstance(bad, NotAFeed)
    assert isinstance(good, ParsedFeed)


async def _nothing(parsers: ParsePool) -> None:
    await parsers.parse(b"", url=URL)


def _children() -> set[int]:
    paths = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(number) for path in paths for number in path.read_text().split()}
