"""Collecting from servers and feeds that do odd things: moves, stubborn 304s, dates and names that say nothing."""

from __future__ import annotations

from asyncio import StreamWriter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.cli.collect import report_text
from digest.model import Outcome
from digest.steps.collecting.source_health import finding, source_health
from tests.steps.collecting.newsroom import TUESDAY, Newsroom, item
from tests.web_of_feeds import Reply, Visit, redirect, rss, write_reply


def test_dates_that_cannot_be_read_are_named_in_the_source_s_health(blog: Newsroom) -> None:
    odd = item("Two", None, extra="<pubDate>19 Foo 2019</pubDate>")
    blog.web.say("/feed", rss(item("One"), odd))
    report = blog.visit()
    assert (report.outcome, report.new) == (Outcome.OK, 2)
    assert "the dates of 1 of 2 entries, such as “19 Foo 2019”" in report.reason
    assert blog.health().advice == report.reason
    assert not blog.all()["Two"].post.dated
    blog.web.say("/feed", rss(item("One"), item("Two"), item("Three")))
    assert blog.visit(force=True).reason == blog.health().advice == ""


def test_a_post_dated_decades_ahead_is_left_out_with_its_reason(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One"), item("Ahead", datetime(2064, 2, 6, tzinfo=UTC))))
    blog.visit()
    blog.now = TUESDAY + timedelta(days=6)
    assert blog.titles() == ["One"]
    (left,) = blog.select().left_out
    assert (left.title, left.reason) == ("Ahead", "dated in the future (2064-02-06 00:00 UTC); it waits until then")


@pytest.mark.parametrize("reply", [Reply(rss(), etag='"1"'), Reply(rss())], ids=["304", "same bytes"])
def test_move_is_remembered_though_nothing_behind_it_is_new(blog: Newsroom, reply: Reply) -> None:
    whole = replace(reply, body=rss(item("One")))
    blog.web.say("/feed", whole, redirect("/new"))
    blog.web.say("/new", whole)
    blog.visit()
    report = blog.visit()
    assert (report.outcome, report.moved_to) == (Outcome.UNCHANGED, blog.web.url("/new"))
    blog.web.say("/feed", Reply("", 404))
    blog.web.say("/new", rss(item("One"), item("Two")))
    report = blog.visit()
    assert (report.outcome, report.new, report.moved_to) == (Outcome.OK, 1, blog.web.url("/new"))


def test_move_there_and_back_is_none(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"), rss(item("One"), item("Two")))
    blog.web.say("/new", rss(item("One")), redirect("/feed"))
    blog.visit()
    report = blog.visit()
    assert (report.outcome, report.moved_to) == (Outcome.OK, "")


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_server_that_always_answers_unchanged_is_asked_for_all_once_a_week(blog: Newsroom, header: str) -> None:
    titles = ["One"]

    async def stuck(visit: Visit, writer: StreamWriter) -> None:
        validators = {"ETag": '"fixed"', "Last-Modified": "Sat, 16 Nov 2041 19:11:00 GMT"}
        validator = {name: validators[name] for name in ("ETag" if "None" in header else "Last-Modified",)}
        conditional = header.lower() in visit.headers
        body = "" if conditional else rss(*map(item, titles))
        write_reply(writer, Reply(body, 304 if conditional else 200, validator), visit)

    blog.web.say("/feed", stuck)
    blog.visit()
    titles.append("Two")
    for days in range(1, 14):
        blog.now += timedelta(days=1)
        assert blog.visit().new == (days == 7)
    assert [header.lower() in visit.headers for visit in blog.web.visits("/feed")].count(False) == 2


def test_weekly_visits_ask_for_all_each_time(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply(rss(item("One")), etag='"1"'))
    for _ in range(3):
        blog.visit()
        blog.now += timedelta(days=7, seconds=-5)
    assert not any("if-none-match" in visit.headers for visit in blog.web.visits("/feed"))


def test_feed_of_which_no_entry_came_within_the_limit_is_an_error(blog: Newsroom) -> None:
    blog.more = "max_bytes = 100_000\n"
    blog.web.say(
        "/feed", "<rss version='2.0'><channel><title>T</title>" + "<x>y</x>" * 20_000 + rss(item("One"))[-200:]
    )
    report = blog.visit()
    assert (report.outcome, report.entries) == (Outcome.ERROR, 0)
    assert "max_bytes" in report.reason
    assert blog.health().failures == 1


def test_all_names_unknown_at_once_is_one_finding_and_no_failure_of_the_sources(room: Newsroom) -> None:
    for name in ("one", "two", "three"):
        room.follow(name, f"http://{name}.invalid/feed")
    report = room.collect()
    assert "name server" in report.finding
    assert {row.reason for row in report.sources} == {report.finding}
    rows = source_health(room.context)
    assert [row.failures for row in rows] == [0, 0, 0]
    assert [row.advice for row in rows] == ["", "", ""]
    assert finding(rows) == report.finding
    assert report_text(report) == report.finding


def test_one_name_unknown_is_that_source_alone(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One")))
    blog.follow("Lost", "http://lost.invalid/feed")
    report = blog.collect()
    assert (report.finding, report.sources[0].outcome) == ("", Outcome.OK)
    assert "lost.invalid" in report.sources[1].reason
    assert source_health(blog.context)[1].failures == 1
    assert finding(source_health(blog.context)) == ""


def test_two_sources_of_one_unknown_host_are_no_finding(room: Newsroom) -> None:
    room.follow("posts", "http://lost.invalid/posts")
    room.follow("news", "http://lost.invalid/news")
    assert room.collect().finding == ""
    assert [row.failures for row in source_health(room.context)] == [1, 1]


@pytest.mark.thorough
def test_a_page_that_names_only_a_feed_of_comments_has_no_feed(blog: Newsroom) -> None:
    comments = rss(item("By: A visitor"), title="Comments on: A post")
    blog.web.say(
        "/feed",
        '<html><head><link rel="alternate" type="application/rss+xml" title="A post Comments Feed" href="/a/feed/">'
        "</head></html>",
    )
    blog.web.say("/a/feed/", comments)
    blog.web.say("/feed/feed/", comments)  # a usual place, and WordPress's for the comments on a post
    report = blog.visit()
    assert (report.outcome, report.new) == (Outcome.ERROR, 0)
    assert "only to a feed of comments" in report.reason
    assert blog.all() == {}
