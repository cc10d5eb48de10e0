"""The pages of posts: fetched once, stored, tried again, forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from asyncio import StreamWriter
from contextlib import closing
from datetime import timedelta

from digest.model import (
    Post,
)
from digest.steps.composing.fetch_pages import fetch_pages, stored_pages
from tests.steps.collecting.newsroom import TUESDAY, Newsroom
from tests.web_of_feeds import Item, Reply, Visit, rss, write_reply


def page_post(room: Newsroom, *paths: str) -> list[Post]:
    room.follow("Blog", room.web.say("/feed", rss(*(Item(path, room.web.url(path), path, TUESDAY) for path in paths))))
    room.collect()
    return sorted(room.select().posts, key=lambda post: post.title)


def test_pages_are_fetched_once_and_stored_with_their_bytes(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    room.web.say("/one", Reply(b"<p>caf\xe9</p>", headers={"Content-Type": "text/html; charset=latin-1"}))
    (post,) = page_post(room, "/one")
    for _ in range(2):
        asyncio.run(fetch_pages(room.context, [post]))
    assert len(room.web.visits("/one")) == 1
    have, problems = stored_pages(room.context, [post])
    assert (have[post.id].content, have[post.id].content_type) == (b"<p>caf\xe9</p>", "text/html; charset=latin-1")
    assert problems == {}


def test_a_failed_page_has_a_reason_and_is_tried_again_later(room: Newsroom) -> None:
    room.web.say("/one", Reply("", 500), "<p>back</p>")
    (post,) = page_post(room, "/one")
    asyncio.run(fetch_pages(room.context, [post]))
    assert "500" in stored_pages(room.context, [post])[1][post.id]
    asyncio.run(fetch_pages(room.context, [post]))
    assert len(room.web.visits("/one")) == 1
    room.now += timedelta(hours=1)
    asyncio.run(fetch_pages(room.context, [post]))
    assert post.id in stored_pages(room.context, [post])[0]


def test_pages_are_fetched_and_stored_while_another_program_locks_the_store(room: Newsroom) -> None:
    async def after_a_second(visit: Visit, writer: StreamWriter) -> None:
        await asyncio.sleep(1.0)
        write_reply(writer, Reply("<p>slow</p>"), visit)

    room.more = "timeout_seconds = 3\n"
    room.web.say("/quick", "<p>quick</p>")
    room.web.say("/slow", after_a_second)
    room.web.say("/slower", after_a_second)
    outcome = page_post(room, "/quick", "/slow", "/slower")
    with closing(sqlite3.connect(room.folder / "digest.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(5.0, other.execute, ["ROLLBACK"])
        timer.start()
        asyncio.run(fetch_pages(room.context, outcome))
        timer.join()
    have, problems = stored_pages(room.context, outcome)
    assert problems == {}
    assert have.keys() == {post.id for post in outcome}
    assert {len(room.web.visits(path)) for path in ("/quick", "/slow", "/slower")} == {1}


def test_robots_txt_is_fetched_once_and_obeyed_for_pages(room: Newsroom) -> None:
    room.web.say("/robots.txt", "User-agent: *\nDisallow: /private\n")
    for path in ("/private/a", "/public/a"):
        room.web.say(path, "<p>text</p>")
    private, public = page_post(room, "/private/a", "/public/a")
    asyncio.run(fetch_pages(room.context, [private, public]))
    have, problems = stored_pages(room.context, [private, public])
    assert have.keys() == {public.id}
    assert "robots.txt" in problems[private.id]
    assert len(room.web.visits("/robots.txt")) == 1
    assert not room.web.visits("/private/a")


def test_pages_beyond_the_retention_are_dropped(room: Newsroom) -> None:
    room.web.say("/one", "<p>text</p>")
    (post,) = page_post(room, "/one")
    asyncio.run(fetch_pages(room.context, [post]))
    room.now += timedelta(days=91)
    room.collect()
    assert stored_pages(room.context, [post]) == ({}, {})
