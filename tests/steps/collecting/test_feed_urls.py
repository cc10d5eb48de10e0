"""Where a feed is: redirects, feeds that are gone, pages given as feeds, and what health proposes."""

from __future__ import annotations

from datetime import timedelta

from digest.model import (
    Outcome,
)
from tests.steps.collecting.newsroom import TUESDAY, Newsroom, item
from tests.web_of_feeds import Reply, redirect, rss


def test_a_permanent_redirect_is_used_at_once_and_proposed(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"))
    blog.web.say("/new", rss(item("One")), rss(item("One"), item("Two")))
    assert blog.visit().moved_to == blog.web.url("/new")
    report = blog.visit()
    assert (report.new, report.moved_to) == (1, blog.web.url("/new"))
    assert len(blog.web.visits("/feed")) == 1
    assert "/new" in blog.health().advice


def test_a_temporary_redirect_is_not_remembered(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new", 302))
    blog.web.say("/new", rss(item("One")))
    assert blog.visit().moved_to == ""
    blog.visit()
    assert len(blog.web.visits("/feed")) == 2


def test_a_redirect_to_a_url_that_fails_is_dropped(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"), rss(item("One"), item("Two")))
    blog.web.say("/new", rss(item("One")), Reply("", 404))
    blog.visit()
    report = blog.visit()
    assert (report.outcome, report.new, report.moved_to) == (Outcome.OK, 1, "")


def test_a_redirect_that_the_settings_follow_is_forgotten(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"))
    blog.web.say("/new", rss(item("One", None)))
    blog.visit()
    blog.sources.clear()
    blog.follow("Blog", blog.web.url("/new"))
    report = blog.visit()
    assert (report.outcome, report.new, report.moved_to) == (Outcome.OK, 0, "")


def test_a_feed_with_410_is_gone_and_its_successor_proposed(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply("", 410))
    blog.web.say("/", '<link rel="alternate" type="application/rss+xml" href="/posts.xml">')
    blog.web.say("/posts.xml", rss(item("One")))
    report = blog.visit()
    assert report.outcome is Outcome.GONE
    health = blog.health()
    assert health.gone_at == blog.now
    assert health.proposed == blog.web.url("/posts.xml")
    assert "posts.xml" in health.advice
    assert blog.all() == {}  # proposed, not followed
    blog.now += timedelta(hours=23)
    assert blog.visit().outcome is Outcome.GONE
    assert len(blog.web.visits("/feed")) == 1
    blog.web.say("/feed", rss(item("Back")))
    blog.now += timedelta(hours=1)
    assert blog.visit().outcome is Outcome.OK
    assert blog.health().gone_at is None


def test_the_feed_of_a_page_given_as_feed_is_read(blog: Newsroom) -> None:
    blog.web.say(
        "/feed",
        '<html><head><link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">'
        '<link rel="alternate" type="application/rss+xml" href="/posts.xml"></head></html>',
    )
    blog.web.say("/posts.xml", rss(item("One")))
    report = blog.visit()
    assert (report.outcome, report.new) == (Outcome.OK, 1)
    assert blog.web.url("/posts.xml") in report.reason
    assert blog.web.url("/comments/feed") in report.reason
    assert blog.health().proposed == blog.web.url("/posts.xml")
    blog.web.say("/posts.xml", rss(item("One"), item("Two")))
    assert blog.visit().new == 1  # the page is the same, the feed behind it is not


def test_usual_feed_urls_are_tried_for_a_page_that_names_none(blog: Newsroom) -> None:
    blog.web.say("/feed", "<html><body>Welcome</body></html>")
    blog.web.say("/atom.xml", rss(item("One")))
    report = blog.visit()
    assert (report.outcome, report.new) == (Outcome.OK, 1)
    assert blog.health().proposed == blog.web.url("/atom.xml")
    before = len(blog.web.visits())
    blog.visit()
    assert len(blog.web.visits()) == before + 2  # the page and its feed


def test_a_page_without_a_feed_is_an_error_with_a_remedy(blog: Newsroom) -> None:
    blog.web.say("/feed", "<html><body>Welcome</body></html>")
    report = blog.visit()
    assert report.outcome is Outcome.ERROR
    assert "digest sources discover" in report.reason


def test_health_reports_pace_and_silence(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(*(item(f"Post {n}", TUESDAY - timedelta(days=7 * n)) for n in range(5))))
    blog.visit()
    assert blog.health().pace_days == 7
    assert blog.health().silence == ""
    blog.now += timedelta(weeks=5, days=1)
    assert blog.health().silence == "silent for five weeks"
