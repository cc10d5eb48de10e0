"""When a source is fetched again: max-age, ttl, Retry-After, back-off and the cut-off."""

from __future__ import annotations

from datetime import timedelta

from digest.model import (
    Outcome,
)
from tests.steps.collecting.newsroom import MONDAY, Newsroom, item
from tests.web_of_feeds import Reply, rss


def test_ttl_and_max_age_are_honoured_unless_forced(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One"), head="<ttl>120</ttl>"))
    blog.visit()
    blog.now += timedelta(minutes=119)
    early = blog.visit()
    assert early.outcome is Outcome.UNCHANGED
    assert "14:00 UTC" in early.reason
    assert len(blog.web.visits("/feed")) == 1
    blog.visit(force=True)
    blog.now += timedelta(hours=3)
    blog.visit()
    assert len(blog.web.visits("/feed")) == 3


def test_max_age_is_limited_to_a_day(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply(rss(item("One")), headers={"Cache-Control": "max-age=99999999"}))
    blog.visit()
    blog.now += timedelta(days=1)
    blog.visit()
    assert len(blog.web.visits("/feed")) == 2


def test_each_feed_is_fetched_once_after_the_cut_off_despite_max_age(blog: Newsroom) -> None:
    blog.now = MONDAY - timedelta(hours=12)
    max_age_of_a_day = {"Cache-Control": "max-age=86400"}
    blog.web.say("/feed", Reply(rss(item("One")), headers=max_age_of_a_day))
    blog.visit()
    evening = item("Sunday evening", MONDAY - timedelta(hours=9))
    blog.web.say("/feed", Reply(rss(item("One"), evening), headers=max_age_of_a_day))
    blog.now = MONDAY
    assert blog.visit().new == 1
    assert blog.titles() == ["One", "Sunday evening"]
    blog.visit()
    assert len(blog.web.visits("/feed")) == 2


def test_back_off_grows_up_to_a_limit_and_ends_with_success(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply("", 500))
    waits = []
    for _ in range(8):
        blog.now = blog.health().next_at or blog.now
        before = blog.now
        assert blog.visit().outcome is Outcome.ERROR
        again = blog.visit()
        assert (again.outcome, "500" in again.reason) == (Outcome.ERROR, True)
        waits.append((blog.health().next_at or before) - before)
    assert waits[0] == timedelta(minutes=30)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)
    assert len(blog.web.visits("/feed")) == 8
    assert blog.health().failures == 8
    blog.web.say("/feed", rss(item("One")))
    blog.now += timedelta(hours=6)
    assert blog.visit().outcome is Outcome.OK
    assert blog.health().failures == 0


def test_retry_after_is_honoured(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply("", 429, {"Retry-After": "7200"}))
    blog.visit()
    assert blog.health().next_at == blog.now + timedelta(hours=2)
