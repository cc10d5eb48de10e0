"""Collecting from good, broken and hostile feeds into a store."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.errors import UsageError
from digest.model import (
    DeliveryResult,
    DeliveryState,
    LeftOut,
    Outcome,
)
from digest.model import (
    Reply as SmtpReply,
)
from digest.steps.collecting.collect import collect
from digest.steps.subscribers import operator_actions
from digest.store import claims, deliveries
from digest.week import Week
from tests.steps.collecting.newsroom import MAILING, MONDAY, TEXT, TUESDAY, Newsroom, item
from tests.web_of_feeds import Item, Reply, hang_up, rss


def test_a_good_feed_is_stored_and_reported(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One"), item("Two")))
    report = blog.collect()
    assert report.week == Week(2019, 11)
    (source,) = report.sources
    assert (source.name, source.outcome, source.entries, source.new, source.reason) == ("Blog", Outcome.OK, 2, 2, "")
    assert blog.titles() == ["Two", "One"] or blog.titles() == ["One", "Two"]
    assert any("Blog: ok" in line for line in blog.log_lines)


def test_a_second_fetch_sends_validators_and_gives_no_new_posts(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply(rss(item("One")), etag='"1"'))
    blog.visit()
    again = blog.visit()
    assert (again.outcome, again.new) == (Outcome.UNCHANGED, 0)
    assert blog.web.visits("/feed")[1].headers["if-none-match"] == '"1"'
    forced = blog.visit(force=True)
    assert (forced.outcome, forced.new) == (Outcome.OK, 0)
    assert "if-none-match" not in blog.web.visits("/feed")[2].headers


def test_the_same_bytes_without_validators_are_unchanged(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One")))
    blog.visit()
    assert blog.visit().outcome is Outcome.UNCHANGED


def test_the_failure_of_one_source_does_not_stop_the_others(room: Newsroom) -> None:
    room.web.say("/good", rss(item("One")))
    room.web.say("/broken", hang_up)
    room.follow("Good", room.web.url("/good"))
    room.follow("Broken", room.web.url("/broken"))
    room.follow("Missing", room.web.url("/missing"))
    good, broken, missing = room.collect().sources
    assert (good.outcome, broken.outcome, missing.outcome) == (Outcome.OK, Outcome.ERROR, Outcome.ERROR)
    assert "404" in missing.reason
    assert room.titles() == ["One"]


def test_only_the_chosen_source_is_fetched(room: Newsroom) -> None:
    for name in ("a", "b"):
        room.follow(name, room.web.say(f"/{name}", rss(item(name))))
    assert room.visit(source="b").name == "b"
    assert not room.web.visits("/a")
    with pytest.raises(UsageError, match="no source"):
        room.collect(source="c")


def test_inactive_sources_are_not_fetched(room: Newsroom) -> None:
    room.sources.append(f'[[sources]]\nname = "a"\nfeed = "{room.web.url("/a")}"\nactive = false\n')
    assert room.collect().sources == ()


def test_a_truncated_feed_is_partial(blog: Newsroom) -> None:
    whole = rss(item("One"), item("Two"))
    blog.web.say("/feed", whole[: whole.index("Two")])
    report = blog.visit()
    assert (report.outcome, report.entries) == (Outcome.PARTIAL, 1)
    assert "1 complete entries" in report.reason


def test_a_feed_over_the_size_limit_is_read_up_to_it(blog: Newsroom) -> None:
    blog.more = "max_bytes = 20000\n"
    blog.web.say("/feed", rss(*(item(f"Post {number}") for number in range(200))))
    report = blog.visit()
    assert report.outcome is Outcome.PARTIAL
    assert 10 < report.new == report.entries < 200


def test_a_feed_built_to_be_slow_does_not_delay_the_others(room: Newsroom) -> None:
    evil = rss(item("Evil")).replace("</item>", f"<author>{'a' * 300_000}</author></item>")
    room.follow("Evil", room.web.say("/evil", evil))
    for number in range(4):
        room.follow(f"Good {number}", room.web.say(f"/{number}", rss(item(f"Post {number}"))))
    with ParsePool(2, seconds=1.5) as parsers:
        evil_report, *good = collect(room.context, parsers=parsers).sources
    assert evil_report.outcome is Outcome.ERROR
    assert "longer than" in evil_report.reason
    assert all(report.outcome is Outcome.OK for report in good)


def test_characters_that_no_database_stores_are_dropped(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    nasty = "a\x00b\ud800c"
    fields = ("id", "title", "content_html", "language", "url", "image", "summary")
    items = [dict.fromkeys(fields, nasty), {"id": "x" * 100_000, "url": "https://x.org/2", "title": "T" * 100_000}]
    for each in items:
        each |= {"date_published": TUESDAY.isoformat(), "authors": [{"name": nasty}]}  # type: ignore[dict-item]  # JSON
    room.follow("Blog", room.web.say("/feed", json.dumps({"version": "1.1", "title": nasty, "items": items})))
    report = room.visit()
    assert (report.outcome, report.new) == (Outcome.OK, 2)
    assert room.visit(force=True).new == 0


def test_addresses_beyond_the_retention_are_erased_while_collecting(room: Newsroom) -> None:
    room.more = "[store]\nretention_days = 40\n"
    operator_actions.add(room.context, "ada@example.org")
    with room.store.writing() as connection:
        deliveries.queue(connection, MAILING, now=room.now)
        batch = claims.claim(
            connection, MAILING, 1, by="x", now=room.now, lease=timedelta(hours=1), message_id=lambda _number: "<1@x>"
        )
        results = [DeliveryResult(one.id, DeliveryState.SENT, SmtpReply(250)) for one in batch.claims]
        claims.record(connection, results, by="x", now=room.now)

    def addresses() -> list[str]:
        with room.store.reading() as connection:
            return [one.email for one in deliveries.stream(connection)]

    room.now += timedelta(days=39)
    room.collect()
    assert addresses() == ["ada@example.org"]
    room.now += timedelta(days=2)
    room.collect()
    assert addresses() == [""]


def test_every_fetched_post_of_the_week_is_chosen_or_left_out_with_a_reason(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    feed_text = rss(item("One", html=TEXT), item("Undated", None), Item("Nowhere", "", "n", TUESDAY))
    copy = Item("One", "https://planet.example.org/1", "1", TUESDAY, TEXT)
    room.follow("Blog", room.web.say("/a", feed_text))
    room.follow("Planet", room.web.say("/b", rss(copy, item("Soon", MONDAY - timedelta(hours=9)))))
    report = room.collect()
    selection = room.select()
    titles = {post.title for post in selection.posts}
    omitted: list[LeftOut] = list(selection.left_out)
    assert sum(source.new for source in report.sources) == len(selection.posts) + len(omitted) == 5
    assert titles == {"One", "Undated"}
    assert {each.title for each in omitted} == {"One", "Nowhere", "Soon"}
    assert all(each.reason for each in omitted)
