"""Visits are begun a bounded number at a time, and hosts take turns."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.parse_in_workers import ParsePool
from digest.errors import DigestError
from digest.model import Outcome
from digest.steps.collecting.collect import Collector
from digest.steps.collecting.visit_queue import Arrived, Room, visit_all
from tests.steps.collecting.newsroom import Newsroom, item
from tests.web_of_feeds import Reply, Visit, Web, Writer, rss, write_reply

SOURCES = st.lists(
    st.tuples(
        st.sampled_from("abcd"),  # host
        st.integers(0, 4),  # turns of the loop until the host answers
        st.integers(0, 4),  # turns until what it sent is stored
    ),
    max_size=40,
)


@given(SOURCES, st.integers(1, 6), st.integers(1, 3))
def test_no_more_visits_than_there_is_room_for(sources: list[tuple[str, int, int]], visits: int, per_host: int) -> None:
    asking: Counter[str] = Counter()
    under_way: set[int] = set()
    order: list[int] = []

    async def visit(at: int, arrived: Arrived) -> int:
        host, waits, stores = sources[at]
        under_way.add(at)
        order.append(at)
        asking[host] += 1
        assert len(under_way) <= visits
        assert asking[host] <= per_host
        for _ in range(waits):
            await asyncio.sleep(0)
        asking[host] -= 1
        arrived(1)
        for _ in range(stores):
            await asyncio.sleep(0)
        under_way.remove(at)
        return at

    room = Room(visits, per_host)
    results = asyncio.run(visit_all(range(len(sources)), visit, host=lambda at: sources[at][0], room=room))
    assert results == list(range(len(sources)))
    for host in "abcd":
        assert [at for at in order if sources[at][0] == host] == [at for at in results if sources[at][0] == host]


def test_no_visit_is_begun_while_much_waits_to_be_stored() -> None:
    begun: list[int] = []

    async def run() -> list[int]:
        stored = asyncio.Event()

        async def visit(at: int, arrived: Arrived) -> int:
            begun.append(at)
            arrived(10)
            await stored.wait()
            return at

        room = Room(visits=9, per_host=1, bytes_held=25)
        visiting = asyncio.create_task(visit_all(range(9), visit, host=lambda _at: "one", room=room))
        for _ in range(50):
            await asyncio.sleep(0)
        assert begun == [0, 1, 2]
        stored.set()
        return await visiting

    assert asyncio.run(run()) == list(range(9))


def test_visit_that_never_says_that_its_host_answered_leaves_its_place_at_the_end() -> None:
    async def visit(at: int, _arrived: Arrived) -> int:
        return at

    assert asyncio.run(visit_all(range(9), visit, host=lambda _at: "one", room=Room(2, 1))) == list(range(9))


def test_error_of_one_visit_is_raised_as_it_is_and_ends_the_others() -> None:
    ended: list[int] = []

    async def visit(at: int, _arrived: Arrived) -> None:
        if at == 1:
            raise DigestError("The disk is full.", "Make room.")
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(at)

    with pytest.raises(DigestError, match="The disk is full"):
        asyncio.run(visit_all(range(3), visit, host=lambda at: at, room=Room(3, 1)))
    assert 0 in ended


# --- On loopback ------------------------------------------------------------------------------------------------------


def test_slow_host_does_not_hold_up_the_others(room: Newsroom) -> None:
    room.more = "concurrency = 4\n"
    others = 40

    async def after_all_others(visit: Visit, writer: Writer) -> None:
        while len(room.web.visits()) < others:  # noqa: ASYNC110 - it is another thread's server
            await asyncio.sleep(0.01)
        write_reply(writer, Reply(rss(item("Late"))), visit)

    with Web() as slow:
        for number in range(16):  # they come first
            slow.say(f"/{number}", after_all_others)
            room.follow(f"Slow {number}", slow.url(f"/{number}"))
        for number in range(others):
            room.web.say(f"/{number}", rss(item(f"Post {number}")))
            room.follow(f"Fast {number}", room.web.url(f"/{number}"))
        reports = room.collect().sources
        assert slow.most_at_once <= 2
    assert room.web.most_at_once <= 4
    assert [report.outcome for report in reports] == [Outcome.OK] * 56
    assert [report.name for report in reports] == [source.name for source in room.context.settings.sources]


@pytest.mark.thorough
def test_memory_of_a_run_hardly_grows_with_sources_without_news(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="digest")  # pytest keeps every line
    few, many = 150, 900
    room.web.say("/feed", Reply(rss(item("One")), etag='"1"'))
    for number in range(many):
        room.follow(f"Blog {number}", room.web.url(f"/feed?{number}"))
    context = room.context
    room.collect()

    async def visit_again(number: int) -> int:
        async with Collector(context, parsers=room.parsers) as collector:
            tracemalloc.start()
            reports = await collector.visit_all(context.settings.sources[:number])
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert {report.outcome for report in reports} == {Outcome.UNCHANGED}
        return peak

    asyncio.run(visit_again(few))  # libraries fill their caches
    peaks = [asyncio.run(visit_again(number)) for number in (few, many)]
    assert (peaks[1] - peaks[0]) / (many - few) < 4_000, f"bytes for each further source; the peaks are {peaks}"


def test_links_of_a_page_are_found_in_a_worker(parsers: ParsePool) -> None:
    page = b"<html><link rel=alternate type=application/rss+xml href=/feed>" + b"<a href=/feed?x>a</a>" * 40_000

    async def find() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        finding = asyncio.create_task(parsers.find_feeds(page, url="https://x.example.org/"))
        longest = 0.0
        while not finding.done():
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)
        return (await finding).links[0].url, longest

    url, _ = asyncio.run(find())
    assert url == "https://x.example.org/feed"
