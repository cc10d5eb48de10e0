"""One post in several feeds is one post, credited to its original."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model import (
    AlsoOn,
    Credit,
)
from digest.steps.composing.fetch_pages import fetch_pages
from tests.steps.collecting.newsroom import TEXT, TUESDAY, Newsroom, item
from tests.web_of_feeds import Item, rss


def test_one_post_in_two_feeds_is_one_post(room: Newsroom) -> None:
    room.follow("Blog", room.web.say("/a", rss(item("One"))))
    again = Item("One!", "http://www.blog.example.org/one/?utm_source=planet", "p:1", TUESDAY)
    room.follow("Planet", room.web.say("/b", rss(again)))
    room.collect()
    (post,) = room.select().posts
    names = {post.source, *(also.source for also in post.also_on)}
    assert names == {"Blog", "Planet"}


def test_the_same_text_at_two_urls_is_one_post(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    room.follow("Blog", room.web.say("/a", rss(item("One", html=TEXT))))
    copy = Item("One", "https://planet.example.org/77", "p:1", TUESDAY + timedelta(hours=1), TEXT)
    room.follow("Planet", room.web.say("/b", rss(copy)))
    room.collect()
    selection = room.select()
    (post,) = selection.posts
    assert (post.source, post.also_on) == ("Blog", (AlsoOn("Planet", "https://planet.example.org/77"),))
    assert [omitted.source for omitted in selection.left_out] == ["Planet"]


def test_an_aggregator_credits_the_original(room: Newsroom) -> None:
    source = '<source url="https://gds.example.org/feed">The service blog</source>'
    room.follow("Planet", room.web.say("/b", rss(item("One", extra=source))))
    room.collect()
    assert room.select().posts[0].origin == Credit("The service blog", "https://gds.example.org/feed")


@pytest.mark.parametrize("first", ["Blog", "Planet"])
@pytest.mark.parametrize("named", ["by name", "by address", "differently"])
def test_a_post_is_credited_to_its_original_whichever_feed_is_read_first(
    room_anywhere: Newsroom, first: str, named: str
) -> None:
    room = room_anywhere  # its blogs share a host, so that no address tells whose post it is
    own, page = room.web.url("/blog/feed"), room.web.url("/blog/one")
    room.web.say("/blog/feed", rss(replace(item("One", html=TEXT), link=page)))
    name, address = {"by name": ("blog", "https://x.example.org/"), "by address": ("The blog", own)}.get(
        named, ("Ada", "https://ada.example.org/")
    )
    source = f'<source url="{address}">{name}</source>'
    carried = Item("One", page + "?utm_source=planet", "p:1", TUESDAY, "An excerpt.", extra=source)
    room.follow("Planet", room.web.say("/planet/feed", rss(carried)))
    room.follow("Blog", own)
    second = "Planet" if first == "Blog" else "Blog"
    for each in (first, second, second, first):
        room.collect(source=each, force=True)
    (post,) = room.select().posts
    assert (post.source, post.origin) == ("Blog", None)
    assert [also.source for also in post.also_on] == ["Planet"]
    assert "word1" in post.html


def test_a_page_that_names_another_post_as_canonical_makes_a_copy(room: Newsroom) -> None:
    page, copy = room.web.url("/one"), room.web.url("/copy")
    room.web.say("/one", "<html><body>One</body></html>")
    room.web.say("/copy", f'<html><head><link rel="canonical" href="{page}"></head></html>')
    room.follow("Blog", room.web.say("/a", rss(Item("One", page, "a", TUESDAY))))
    room.follow("Planet", room.web.say("/b", rss(Item("One", copy, "b", TUESDAY))))
    room.collect()
    before = room.select().posts
    assert len(before) == 2
    assert asyncio.run(fetch_pages(room.context, before))
    (post,) = room.select().posts
    assert (post.source, post.also_on) == ("Blog", (AlsoOn("Planet", copy),))
