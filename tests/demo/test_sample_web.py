"""The sample web: what the demo promises about it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files

import feedparser
import httpx
import pytest

from digest.demo.sample_web import SampleWeb
from digest.model import ELSEWHERE
from digest.settings.tables import DEFAULT_THEMES
from digest.week import Cutoff, Week, window_of
from tests.loopback import NO_CERTIFICATES

WEEK = Week.parse("2026-W13")  # the clocks change at its end


@pytest.fixture(scope="module")
def web() -> Iterator[SampleWeb]:
    with SampleWeb(WEEK) as started:
        yield started


def feeds(web: SampleWeb) -> dict[str, httpx.Response]:
    return {row["name"]: httpx.get(row["feed"], follow_redirects=True, verify=NO_CERTIFICATES) for row in web.sources()}


def test_has_the_sources_and_posts_of_the_demo(web: SampleWeb) -> None:
    from zoneinfo import ZoneInfo

    answers = feeds(web)
    assert sorted(answer.status_code for answer in answers.values()) == [200] * 11 + [404]
    window = window_of(WEEK, Cutoff.parse("MON 00:00"), ZoneInfo("Europe/London"))
    of_the_week = [post for post in web.posts if post.published in window]
    assert len(of_the_week) >= 24
    assert len(of_the_week) < len(web.posts), "feeds show earlier weeks too"
    assert {row["theme"] for row in web.sources() if row["theme"]} == {theme.key for theme in DEFAULT_THEMES}


def test_every_feed_parses_and_every_entry_leads_to_its_page(web: SampleWeb) -> None:
    kinds = set()
    counts: dict[str, int] = {}
    for answer in feeds(web).values():
        if answer.status_code != 200:
            continue
        feed = feedparser.parse(answer.content)
        assert not feed.bozo, feed.get("bozo_exception")
        kinds.add((feed.version, "content" in feed.entries[-1]))
        for entry in feed.entries:
            address = entry.link.partition("?")[0]
            counts[address] = counts.get(address, 0) + 1
    assert kinds == {("rss20", True), ("rss20", False), ("atom10", True), ("atom10", False)}
    assert [count for count in counts.values() if count > 1] == [2], "one post is carried by two feeds"
    with httpx.Client(verify=NO_CERTIFICATES) as client:
        for address in counts:
            page = client.get(address)
            assert page.status_code == 200
            assert "<nav" in page.text
            assert "application/" in page.text, "pages name their feed"


def test_a_hostile_title_stays_text(web: SampleWeb) -> None:
    post = next(post for post in web.posts if "<strong>" in post.title)
    page = httpx.get(f"{web.url}/{post.path}", verify=NO_CERTIFICATES).text
    assert "Plain English &amp; &lt;strong&gt; words" in page
    assert "<strong> words" not in page
    feed = httpx.get(f"{web.url}/{post.source}/feed.xml", verify=NO_CERTIFICATES).text
    assert "Plain English &amp;amp; &amp;lt;strong&amp;gt; words" in feed


def test_conditional_requests_robots_and_redirects(web: SampleWeb) -> None:
    first = httpx.get(f"{web.url}/wrenford/feed.xml", verify=NO_CERTIFICATES)
    again = httpx.get(
        f"{web.url}/wrenford/feed.xml", headers={"If-None-Match": first.headers["etag"]}, verify=NO_CERTIFICATES
    )
    assert (again.status_code, again.content) == (304, b"")
    assert "Disallow: /admin/" in httpx.get(f"{web.url}/robots.txt", verify=NO_CERTIFICATES).text
    moved = httpx.get(f"{web.url}/parish/old-feed.xml", verify=NO_CERTIFICATES)
    assert (moved.status_code, moved.headers["location"]) == (301, f"{web.url}/parish/feed.xml")
    assert (
        httpx.get(f"{web.url}/wrenford/images/wall.svg", verify=NO_CERTIFICATES).headers["content-type"]
        == "image/svg+xml"
    )
    for missing in ("/tidewater/", "/nobody/", "/wrenford/nothing", "/wrenford/a/b/c"):
        assert httpx.get(web.url + missing, verify=NO_CERTIFICATES).status_code == 404
    assert httpx.head(f"{web.url}/wrenford/").content == b""


def test_a_withdrawn_post_answers_410_and_leaves_the_feed() -> None:
    with SampleWeb(WEEK) as web:
        web.withdraw("harbour/press-office-number")
        assert httpx.get(f"{web.url}/harbour/press-office-number", verify=NO_CERTIFICATES).status_code == 410
        assert "press-office-number" not in httpx.get(f"{web.url}/harbour/feed.xml", verify=NO_CERTIFICATES).text


def test_the_index_names_every_blog(web: SampleWeb) -> None:
    index = httpx.get(web.url, verify=NO_CERTIFICATES).text
    assert all(row["name"] in index for row in web.sources())


def test_dates_follow_the_week_and_the_zone() -> None:
    """The same posts, a week in the other offset later: same wall times."""
    one, other = SampleWeb(WEEK), SampleWeb(WEEK.shift(1))
    try:
        walls = [[(post.path, f"{post.published:%a %H:%M}") for post in web.posts] for web in (one, other)]
        assert sorted(walls[0]) == sorted(walls[1])
        offsets = [
            next(p for p in web.posts if f"{p.published:%a}" == "Tue").published.utcoffset() for web in (one, other)
        ]
        assert offsets[0] != offsets[1]
    finally:
        one.stop()
        other.stop()


def test_sample_subscribers_have_reserved_domains() -> None:
    rows = list(csv.DictReader(files("digest.demo").joinpath("subscribers.csv").read_text("utf-8").splitlines()))
    assert len(rows) >= 12
    themes = {theme.key for theme in DEFAULT_THEMES} - {ELSEWHERE}
    for row in rows:
        assert row["email"].endswith(("@example.org", ".example")), row
        assert set(filter(None, row["themes"].split(";"))) <= themes
    assert len({row["email"] for row in rows}) == len(rows)
