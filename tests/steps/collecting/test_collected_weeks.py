"""Which edition a collected post comes into, week after week."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.model import (
    Decision,
)
from digest.store import editions, editor_decisions
from digest.week import Week
from tests.steps.collecting.newsroom import MONDAY, TUESDAY, WEEK, Newsroom, item
from tests.web_of_feeds import Item, rss


def test_an_old_week_can_be_collected_today(blog: Newsroom) -> None:
    blog.now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    others = [item(f"Old {n}", TUESDAY - timedelta(days=30 + n)) for n in range(20)]
    blog.web.say("/feed", rss(item("One"), *others))
    assert blog.collect(week=WEEK).week == WEEK
    assert blog.titles() == ["One"]
    assert blog.select().left_out == ()


def test_hourly_collecting_misses_no_post_of_a_feed_with_two_entries(blog: Newsroom) -> None:
    everything = [item(f"Post {n}", TUESDAY + timedelta(hours=n)) for n in range(10)]
    for hour in range(2, 11):
        blog.now = TUESDAY + timedelta(hours=hour)
        blog.web.say("/feed", rss(*everything[hour - 2 : hour]))
        blog.visit()
    assert blog.titles() == [each.title for each in everything]


def test_a_post_seen_too_late_comes_with_the_next_edition_marked_late(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One")))
    blog.visit()
    blog.now = MONDAY
    blog.publish()
    blog.now += timedelta(hours=3)
    blog.web.say("/feed", rss(item("One"), item("Forgotten", TUESDAY + timedelta(days=1))))
    blog.visit()
    selection = blog.select(Week(2019, 13))
    assert [(post.title, post.late) for post in selection.posts] == [("Forgotten", True)]
    blog.publish(Week(2019, 13))
    assert blog.titles(Week(2019, 14)) == []


def test_weeks_follow_one_another_on_every_database(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    room.follow("Blog", room.web.url("/feed"))
    for week in range(12, 15):
        room.now = MONDAY + timedelta(weeks=week - 12, hours=-12)
        items = [item(f"{week} {n}", room.now - timedelta(days=n + 1)) for n in range(3)]
        room.web.say("/feed", rss(*items))
        assert room.visit().new == 3
        room.now += timedelta(hours=12)
        assert len(room.titles(Week(2019, week))) == 3
        room.publish(Week(2019, week))
    assert room.titles(Week(2019, 15)) == []


def test_an_edited_post_updates_the_draft_and_never_comes_back(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One", html="<p>First.</p>")))
    blog.visit()
    edited = replace(item("One", TUESDAY + timedelta(days=8), html="<p>Second.</p>"), title="One, edited")
    blog.web.say("/feed", rss(edited))
    blog.now += timedelta(hours=1)
    assert blog.visit().new == 0
    (post,) = blog.select().posts
    assert (post.title, post.html, post.published) == ("One, edited", "<p>Second.</p>", TUESDAY)
    blog.now = MONDAY + timedelta(days=7)
    assert blog.titles(Week(2019, 13)) == []


def test_a_held_post_comes_once_with_the_next_edition(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One"), item("Two")))
    blog.visit()
    (post_one,) = [post for post in blog.select().posts if post.title == "One"]
    with blog.store.writing() as connection:
        editions.ensure(connection, WEEK)
        editor_decisions.decide(connection, WEEK, Decision(post_one.id, held=True), at=blog.now)
    assert blog.titles() == ["Two"]
    blog.now = MONDAY
    blog.publish()
    blog.now += timedelta(weeks=1)
    assert blog.titles(Week(2019, 13)) == ["One"]
    blog.publish(Week(2019, 13))
    assert blog.titles(Week(2019, 13)) == ["One"]  # composed again, it is the same
    assert blog.titles(Week(2019, 14)) == []
    assert blog.titles() == ["Two"]


def test_a_rebuilt_site_is_quarantined_and_accounted_for(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One")))
    blog.visit()
    blog.now += timedelta(hours=1)
    flood = [item(f"Old {n}", TUESDAY - timedelta(days=20 + n)) for n in range(8)]
    blog.web.say("/feed", rss(item("Two", TUESDAY + timedelta(hours=1)), *flood))
    blog.visit()
    assert blog.titles() == ["One", "Two"]
    assert {omitted.title for omitted in blog.select().left_out} == {each.title for each in flood}
    assert all("8 old entries" in omitted.reason for omitted in blog.select().left_out)


def test_old_posts_under_new_addresses_are_the_same_posts(blog: Newsroom) -> None:
    text = "<p>" + "The same long text as ever before. " * 20 + "</p>"
    blog.web.say("/feed", rss(item("One", TUESDAY - timedelta(days=10), html=text)))
    blog.visit()
    blog.now += timedelta(hours=1)
    moved = Item("One", "https://blog.example.org/2019/one", "urn:new", TUESDAY, text)
    blog.web.say("/feed", rss(moved))
    report = blog.visit()
    assert (report.new, report.known) == (0, 1)
    assert blog.titles() == []
    assert blog.titles(Week(2019, 10)) == ["One"]
    assert blog.all()["One"].post.url == "https://blog.example.org/2019/one"
