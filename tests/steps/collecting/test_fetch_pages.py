"""The pages of posts: fetched once, stored, tried again, forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from asyncio import StreamWriter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model import Media, MediaKind, Page, Post
from digest.steps.composing.fetch_pages import fetch_pages
from digest.steps.composing.stored_pages import StoredPages, digest_of, stored_pages
from digest.store import pages
from tests.steps.collecting.newsroom import TUESDAY, Newsroom
from tests.web_of_feeds import Item, Reply, Visit, Web, rss, write_reply


def page_of(room: Newsroom, post: Post) -> Page:
    """The page of the post's link, as it is stored."""
    with room.context.store.reading() as connection:
        page = pages.load(connection, [post.url])[post.url]
    assert isinstance(page, Page)
    return page


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
    stored = stored_pages(room.context, [post])
    page = page_of(room, post)
    assert (page.content, page.content_type) == (b"<p>caf\xe9</p>", "text/html; charset=latin-1")
    assert (stored.digests, stored.problems) == ({post.id: digest_of(page)}, {})


def test_a_failed_page_has_a_reason_and_is_tried_again_later(room: Newsroom) -> None:
    room.web.say("/one", Reply("", 500), "<p>back</p>")
    (post,) = page_post(room, "/one")
    asyncio.run(fetch_pages(room.context, [post]))
    assert "500" in stored_pages(room.context, [post]).problems[post.id]
    asyncio.run(fetch_pages(room.context, [post]))
    assert len(room.web.visits("/one")) == 1
    room.now += timedelta(hours=1)
    asyncio.run(fetch_pages(room.context, [post]))
    assert post.id in stored_pages(room.context, [post]).digests


def test_pages_are_fetched_and_stored_while_another_program_locks_the_store(room: Newsroom) -> None:
    async def slowly(visit: Visit, writer: StreamWriter) -> None:
        await asyncio.sleep(0.5)
        write_reply(writer, Reply("<p>slow</p>"), visit)

    room.more = "timeout_seconds = 2\n"
    room.web.say("/quick", "<p>quick</p>")
    room.web.say("/slow", slowly)
    room.web.say("/slower", slowly)
    outcome = page_post(room, "/quick", "/slow", "/slower")
    with closing(sqlite3.connect(room.folder / "digest.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(3.0, other.execute, ["ROLLBACK"])
        timer.start()
        asyncio.run(fetch_pages(room.context, outcome))
        timer.join()
    stored = stored_pages(room.context, outcome)
    have, problems = stored.digests, stored.problems
    assert problems == {}
    assert have.keys() == {post.id for post in outcome}
    assert {len(room.web.visits(path)) for path in ("/quick", "/slow", "/slower")} == {1}


def test_robots_txt_is_fetched_once_and_obeyed_for_pages(room: Newsroom) -> None:
    room.web.say("/robots.txt", "User-agent: *\nDisallow: /private\n")
    for path in ("/private/a", "/public/a"):
        room.web.say(path, "<p>text</p>")
    private, public = page_post(room, "/private/a", "/public/a")
    asyncio.run(fetch_pages(room.context, [private, public]))
    stored = stored_pages(room.context, [private, public])
    have, problems = stored.digests, stored.problems
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
    assert stored_pages(room.context, [post]) == StoredPages({}, {}, {})


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "problem"),
    [
        (b"%PDF-1.7 <p>\x00" + bytes(2_000_000), "application/pdf", MediaKind.PDF, "a PDF"),
        (b"%PDF-1.7 <p>\x00" + bytes(2_000_000), "application/octet-stream", MediaKind.PDF, "a PDF"),
        (b"\xff\xd8\xff\xe0" + bytes(9000), "text/html", MediaKind.IMAGE, "a picture"),
        (b'{"title": "One"}', "application/json", MediaKind.DATA, "data such as JSON"),
    ],
)
def test_link_to_a_file_is_no_page_and_says_what_it_is(
    room_anywhere: Newsroom, body: bytes, content_type: str, kind: MediaKind, problem: str
) -> None:
    room = room_anywhere
    room.web.say("/file", Reply(body, headers={"Content-Type": content_type}))
    (post,) = page_post(room, "/file")
    for _ in range(2):
        asyncio.run(fetch_pages(room.context, [post]))
    assert len(room.web.visits("/file")) == 1
    stored = stored_pages(room.context, [post])
    assert stored.digests == {}
    assert stored.media == {post.id: Media(kind, len(body))}
    assert problem in stored.problems[post.id]


def test_enclosed_sound_is_not_fetched_as_a_page(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    url = room.web.say("/1.mp3", Reply(b"ID3", headers={"Content-Type": "audio/mpeg"}))
    sound = f'<enclosure url="{url}" type="audio/mpeg" length="29000000"/>'
    room.follow("Show", room.web.say("/feed", rss(Item("Episode 1", url, "1", TUESDAY, "Notes.", extra=sound))))
    room.collect()
    (post,) = room.select().posts
    assert post.media == Media(MediaKind.PODCAST, 29_000_000)
    asyncio.run(fetch_pages(room.context, [post]))
    assert room.web.visits("/1.mp3") == []
    assert stored_pages(room.context, [post]).media == {post.id: post.media}


def test_page_that_its_server_calls_a_challenge_is_none(room: Newsroom) -> None:
    headers = {"Content-Type": "text/html", "cf-mitigated": "challenge"}
    room.web.say("/one", Reply("<p>A moment</p>", headers=headers))
    (post,) = page_post(room, "/one")
    asyncio.run(fetch_pages(room.context, [post]))
    assert "a challenge" in stored_pages(room.context, [post]).problems[post.id]


@pytest.mark.parametrize("path", ["/one", "/robots.txt"])
def test_impossible_moment_from_one_page_costs_the_others_nothing(room: Newsroom, path: str) -> None:
    with Web() as other:
        other.say("/one", "<p>text</p>")
        other.say(path, Reply("", 503, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 -1200"}))
        room.web.say("/two", "<p>text</p>")
        items = [Item("one", other.url("/one"), "one", TUESDAY), Item("two", room.web.url("/two"), "two", TUESDAY)]
        room.follow("Blog", room.web.say("/feed", rss(*items)))
        room.collect()
        read = sorted(room.select().posts, key=lambda post: post.title)
        asyncio.run(fetch_pages(room.context, read))
    stored = stored_pages(room.context, read)
    have, problems = stored.digests, stored.problems
    assert list(have) == [read[1].id]
    assert list(problems) == [read[0].id]


def test_address_that_nobody_foresaw_is_its_own_row(room: Newsroom) -> None:
    """No server is asked for these: whatever reading an address raises concerns that address only."""
    (post,) = page_post(room, "/one")
    room.web.say("/one", "<p>text</p>")
    urls = ["http://[", "http://[::1]]/", "http://a\x00b/", "http://" + "a" * 300 + "/", "x", "//"]
    odd = [replace(post, id=f"odd{at}", url=url) for at, url in enumerate(urls)]
    asyncio.run(fetch_pages(room.context, [*odd, post]))
    have = stored_pages(room.context, [post]).digests
    assert list(have) == [post.id]
