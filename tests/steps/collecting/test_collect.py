"""Collecting week after week from a web that misbehaves, into a real store."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import threading
from asyncio import StreamWriter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.arrival import StoredPost
from digest.cli.collect import report_text
from digest.collect.parse_in_workers import ParsePool
from digest.edition.select_posts import Selection
from digest.errors import UsageError
from digest.log import listening
from digest.model import (
    AlsoOn,
    Credit,
    Decision,
    DeliveryResult,
    DeliveryState,
    Edition,
    EditionPost,
    LeftOut,
    Mailing,
    Media,
    MediaKind,
    Outcome,
    Post,
    Section,
    SourceReport,
)
from digest.model import (
    Reply as Answer,
)
from digest.settings import parse_settings
from digest.steps.collecting.collect import CollectReport, collect
from digest.steps.collecting.source_health import SourceHealth, finding, source_health
from digest.steps.composing.fetch_pages import StoredPages, fetch_pages, stored_pages
from digest.steps.composing.select_week import select_week
from digest.steps.context import Context
from digest.steps.subscribers import operator_actions
from digest.steps.weeks import window_for
from digest.store import claims, deliveries, editions, editor_decisions, posts
from digest.store.engine import Store, open_store
from digest.week import Week
from tests.web_of_feeds import Item, Reply, Visit, Web, hang_up, redirect, rss, write_reply

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
TUESDAY = datetime(2019, 3, 19, 10, tzinfo=UTC)
MONDAY = datetime(2019, 3, 25, 6, tzinfo=UTC)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as serving:
        yield serving


class Newsroom:
    """A newsletter with its sources, its store and a clock that the test moves."""

    def __init__(self, store: Store, web: Web, folder: Path, parsers: ParsePool) -> None:
        self.store = store
        self.parsers = parsers
        self.web = web
        self.folder = folder
        self.now = TUESDAY + timedelta(hours=2)
        self.sources: list[str] = []
        self.log_lines: list[str] = []
        self.more = ""

    def follow(self, name: str, feed: str, **fields: str) -> None:
        rest = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
        self.sources.append(f'[[sources]]\nname = "{name}"\nfeed = "{feed}"\n{rest}')

    @property
    def context(self) -> Context:
        text = (
            '[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n'
            '[collect]\nallow_networks = ["127.0.0.0/8"]\nretries = 0\n'
            + (self.more if "timeout_seconds" in self.more else "timeout_seconds = 20\n" + self.more)
            + "\n".join(self.sources)
        )
        settings = parse_settings(text, path=self.folder / "digest.toml")
        return Context(settings, self.store, lambda: self.now)

    def collect(self, **how: object) -> CollectReport:
        with listening(self.log_lines.append):
            return collect(self.context, parsers=self.parsers, **how)  # type: ignore[arg-type]  # a shorthand

    def visit(self, **how: object) -> SourceReport:
        (report,) = self.collect(**how).sources
        return report

    def select(self, week: Week = WEEK) -> Selection:
        return select_week(self.context, week)

    def titles(self, week: Week = WEEK) -> list[str]:
        return [post.title for post in self.select(week).posts]

    def health(self) -> SourceHealth:
        (source,) = source_health(self.context)
        return source

    def publish(self, week: Week = WEEK) -> None:
        """Compose the edition's record as composing does: what it shows, what it left out."""
        window = window_for(self.context.settings, week)
        selection = self.select(week)
        published = tuple(
            EditionPost(post.id, post.title, post.url, post.source, "", post.published, (), "", ())
            for post in selection.posts
        )
        edition = Edition(
            week, 0, "T", window.starts, window.ends, (Section("comms", "Comms", published),), selection.left_out
        )
        with self.store.writing() as connection:
            editions.ensure(connection, week)
            editions.save_revision(connection, edition, by="test", at=self.now)

    def all(self) -> dict[str, StoredPost]:
        """Every post in the store, by title."""
        with self.store.reading() as connection:
            found = posts.of_window(connection, datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return {stored.post.title: stored for stored in found}


@pytest.fixture
def room(migrated_sqlite: Path, web: Web, tmp_path: Path, parsers: ParsePool) -> Iterator[Newsroom]:
    shutil.copy(migrated_sqlite, tmp_path / "digest.db")
    opened = open_store(f"sqlite:///{tmp_path / 'digest.db'}", migrate=False)
    yield Newsroom(opened, web, tmp_path, parsers)
    opened.close()


@pytest.fixture
def room_anywhere(store: Store, web: Web, tmp_path: Path, parsers: ParsePool) -> Newsroom:
    """On SQLite and on PostgreSQL."""
    return Newsroom(store, web, tmp_path, parsers)


@pytest.fixture
def blog(room: Newsroom) -> Newsroom:
    """One source, Blog, at /feed; its site is the server's root."""
    room.follow("Blog", room.web.url("/feed"), site=room.web.url("/"))
    return room


def item(name: str, date: datetime | None = TUESDAY, **fields: str) -> Item:
    return Item(name, f"https://blog.example.org/{name.lower().replace(' ', '-')}", f"urn:{name}", date, **fields)


# --- A visit ----------------------------------------------------------------------------------------------------------


def test_a_good_feed_is_kept_and_reported(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(item("One"), item("Two")))
    report = blog.collect()
    assert report.week == Week(2019, 11)
    (source,) = report.sources
    assert (source.name, source.outcome, source.entries, source.new, source.reason) == ("Blog", Outcome.OK, 2, 2, "")
    assert blog.titles() == ["Two", "One"] or blog.titles() == ["One", "Two"]
    assert any("Blog: ok" in line for line in blog.log_lines)


def test_a_second_visit_finds_nothing_new(blog: Newsroom) -> None:
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


def test_the_failure_of_one_source_is_a_line_and_not_the_end(room: Newsroom) -> None:
    room.web.say("/good", rss(item("One")))
    room.web.say("/broken", hang_up)
    room.follow("Good", room.web.url("/good"))
    room.follow("Broken", room.web.url("/broken"))
    room.follow("Missing", room.web.url("/missing"))
    good, broken, missing = room.collect().sources
    assert (good.outcome, broken.outcome, missing.outcome) == (Outcome.OK, Outcome.ERROR, Outcome.ERROR)
    assert "404" in missing.reason
    assert room.titles() == ["One"]


def test_only_the_source_named_is_visited(room: Newsroom) -> None:
    for name in ("a", "b"):
        room.follow(name, room.web.say(f"/{name}", rss(item(name))))
    assert room.visit(source="b").name == "b"
    assert not room.web.visits("/a")
    with pytest.raises(UsageError, match="no source"):
        room.collect(source="c")


def test_inactive_sources_rest(room: Newsroom) -> None:
    room.sources.append(f'[[sources]]\nname = "a"\nfeed = "{room.web.url("/a")}"\nactive = false\n')
    assert room.collect().sources == ()


def test_a_feed_that_breaks_off_is_partial(blog: Newsroom) -> None:
    whole = rss(item("One"), item("Two"))
    blog.web.say("/feed", whole[: whole.index("Two")])
    report = blog.visit()
    assert (report.outcome, report.entries) == (Outcome.PARTIAL, 1)
    assert "1 complete entries" in report.reason


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


def test_a_feed_beyond_the_limit_is_used_as_far_as_it_goes(blog: Newsroom) -> None:
    blog.more = "max_bytes = 20000\n"
    blog.web.say("/feed", rss(*(item(f"Post {number}") for number in range(200))))
    report = blog.visit()
    assert report.outcome is Outcome.PARTIAL
    assert 10 < report.new == report.entries < 200


def test_a_feed_made_to_keep_the_parser_busy_holds_up_nobody(room: Newsroom) -> None:
    evil = rss(item("Evil")).replace("</item>", f"<author>{'a' * 300_000}</author></item>")
    room.follow("Evil", room.web.say("/evil", evil))
    for number in range(4):
        room.follow(f"Good {number}", room.web.say(f"/{number}", rss(item(f"Post {number}"))))
    with ParsePool(2, seconds=1.5) as parsers:
        evil_report, *good = collect(room.context, parsers=parsers).sources
    assert evil_report.outcome is Outcome.ERROR
    assert "longer than" in evil_report.reason
    assert all(report.outcome is Outcome.OK for report in good)


def test_what_no_database_keeps_is_left_behind(room_anywhere: Newsroom) -> None:
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


# --- Being told not to come -------------------------------------------------------------------------------------------


def test_ttl_and_max_age_are_honoured_and_force_is_not_bound_by_them(blog: Newsroom) -> None:
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


def test_no_server_keeps_the_digest_away_for_more_than_a_day(blog: Newsroom) -> None:
    blog.web.say("/feed", Reply(rss(item("One")), headers={"Cache-Control": "max-age=99999999"}))
    blog.visit()
    blog.now += timedelta(days=1)
    blog.visit()
    assert len(blog.web.visits("/feed")) == 2


def test_once_after_each_cut_off_a_feed_is_asked_whatever_it_says(blog: Newsroom) -> None:
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


def test_back_off_grows_and_never_forgets_a_source(blog: Newsroom) -> None:
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


# --- Moving, going, coming back ---------------------------------------------------------------------------------------


def test_a_permanent_move_is_used_at_once_and_proposed(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"))
    blog.web.say("/new", rss(item("One")), rss(item("One"), item("Two")))
    assert blog.visit().moved_to == blog.web.url("/new")
    report = blog.visit()
    assert (report.new, report.moved_to) == (1, blog.web.url("/new"))
    assert len(blog.web.visits("/feed")) == 1
    assert "/new" in blog.health().advice


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


def test_a_temporary_move_is_not(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new", 302))
    blog.web.say("/new", rss(item("One")))
    assert blog.visit().moved_to == ""
    blog.visit()
    assert len(blog.web.visits("/feed")) == 2


def test_a_move_to_a_place_that_fails_is_taken_back(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"), rss(item("One"), item("Two")))
    blog.web.say("/new", rss(item("One")), Reply("", 404))
    blog.visit()
    report = blog.visit()
    assert (report.outcome, report.new, report.moved_to) == (Outcome.OK, 1, "")


def test_a_move_that_the_settings_follow_is_forgotten(blog: Newsroom) -> None:
    blog.web.say("/feed", redirect("/new"))
    blog.web.say("/new", rss(item("One", None)))
    blog.visit()
    blog.sources.clear()
    blog.follow("Blog", blog.web.url("/new"))
    report = blog.visit()
    assert (report.outcome, report.new, report.moved_to) == (Outcome.OK, 0, "")


def test_a_feed_that_is_gone_is_called_gone_and_its_successor_proposed(blog: Newsroom) -> None:
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


def test_a_page_given_as_a_feed_leads_to_its_feed(blog: Newsroom) -> None:
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


def test_a_page_that_names_no_feed_leads_to_the_usual_places(blog: Newsroom) -> None:
    blog.web.say("/feed", "<html><body>Welcome</body></html>")
    blog.web.say("/atom.xml", rss(item("One")))
    report = blog.visit()
    assert (report.outcome, report.new) == (Outcome.OK, 1)
    assert blog.health().proposed == blog.web.url("/atom.xml")
    before = len(blog.web.visits())
    blog.visit()
    assert len(blog.web.visits()) == before + 2  # the page, and the feed that was found


def test_a_page_without_a_feed_is_an_error_that_says_what_to_do(blog: Newsroom) -> None:
    blog.web.say("/feed", "<html><body>Welcome</body></html>")
    report = blog.visit()
    assert report.outcome is Outcome.ERROR
    assert "digest sources discover" in report.reason


def test_health_knows_pace_and_silence(blog: Newsroom) -> None:
    blog.web.say("/feed", rss(*(item(f"Post {n}", TUESDAY - timedelta(days=7 * n)) for n in range(5))))
    blog.visit()
    assert blog.health().pace_days == 7
    assert blog.health().silence == ""
    blog.now += timedelta(weeks=5, days=1)
    assert blog.health().silence == "silent for five weeks"


# --- The week ---------------------------------------------------------------------------------------------------------


def test_a_week_long_past_is_collected_today(blog: Newsroom) -> None:
    blog.now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    others = [item(f"Old {n}", TUESDAY - timedelta(days=30 + n)) for n in range(20)]
    blog.web.say("/feed", rss(item("One"), *others))
    assert blog.collect(week=WEEK).week == WEEK
    assert blog.titles() == ["One"]
    assert blog.select().left_out == ()


def test_hourly_collecting_misses_nothing_of_a_feed_that_shows_its_last_two(blog: Newsroom) -> None:
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


def test_what_the_editor_holds_back_comes_with_the_next_edition_once(blog: Newsroom) -> None:
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


# --- One post, many feeds ---------------------------------------------------------------------------------------------

TEXT = "<p>" + " ".join(f"word{n % 37} and thing{n % 23}" for n in range(150)) + "</p>"


def test_one_post_in_two_feeds_is_one_post(room: Newsroom) -> None:
    room.follow("Blog", room.web.say("/a", rss(item("One"))))
    again = Item("One!", "http://www.blog.example.org/one/?utm_source=planet", "p:1", TUESDAY)
    room.follow("Planet", room.web.say("/b", rss(again)))
    room.collect()
    (post,) = room.select().posts
    names = {post.source, *(also.source for also in post.also_on)}
    assert names == {"Blog", "Planet"}


def test_the_same_text_at_two_addresses_is_one_post(room_anywhere: Newsroom) -> None:
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


# --- Pages ------------------------------------------------------------------------------------------------------------


def page_post(room: Newsroom, *paths: str) -> list[Post]:
    room.follow("Blog", room.web.say("/feed", rss(*(Item(path, room.web.url(path), path, TUESDAY) for path in paths))))
    room.collect()
    return sorted(room.select().posts, key=lambda post: post.title)


def test_pages_are_fetched_once_and_kept_with_their_bytes(room_anywhere: Newsroom) -> None:
    room = room_anywhere
    room.web.say("/one", Reply(b"<p>caf\xe9</p>", headers={"Content-Type": "text/html; charset=latin-1"}))
    (post,) = page_post(room, "/one")
    for _ in range(2):
        asyncio.run(fetch_pages(room.context, [post]))
    assert len(room.web.visits("/one")) == 1
    stored = stored_pages(room.context, [post])
    have, problems = stored.pages, stored.problems
    assert (have[post.id].content, have[post.id].content_type) == (b"<p>caf\xe9</p>", "text/html; charset=latin-1")
    assert problems == {}


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
    assert stored.pages == {}
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


def test_a_page_that_cannot_be_had_says_why_and_is_tried_again_later(room: Newsroom) -> None:
    room.web.say("/one", Reply("", 500), "<p>back</p>")
    (post,) = page_post(room, "/one")
    asyncio.run(fetch_pages(room.context, [post]))
    assert "500" in stored_pages(room.context, [post]).problems[post.id]
    asyncio.run(fetch_pages(room.context, [post]))
    assert len(room.web.visits("/one")) == 1
    room.now += timedelta(hours=1)
    asyncio.run(fetch_pages(room.context, [post]))
    assert post.id in stored_pages(room.context, [post]).pages


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
    stored = stored_pages(room.context, outcome)
    have, problems = stored.pages, stored.problems
    assert problems == {}
    assert have.keys() == {post.id for post in outcome}
    assert {len(room.web.visits(path)) for path in ("/quick", "/slow", "/slower")} == {1}


def test_robots_are_obeyed_for_pages_and_asked_once(room: Newsroom) -> None:
    room.web.say("/robots.txt", "User-agent: *\nDisallow: /private\n")
    for path in ("/private/a", "/public/a"):
        room.web.say(path, "<p>text</p>")
    private, public = page_post(room, "/private/a", "/public/a")
    asyncio.run(fetch_pages(room.context, [private, public]))
    stored = stored_pages(room.context, [private, public])
    have, problems = stored.pages, stored.problems
    assert have.keys() == {public.id}
    assert "robots.txt" in problems[private.id]
    assert len(room.web.visits("/robots.txt")) == 1
    assert not room.web.visits("/private/a")


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
    have, problems = stored.pages, stored.problems
    assert list(have) == [read[1].id]
    assert list(problems) == [read[0].id]


def test_address_that_nobody_foresaw_is_its_own_row(room: Newsroom) -> None:
    """No server is asked for these: whatever reading an address raises concerns that address only."""
    (post,) = page_post(room, "/one")
    room.web.say("/one", "<p>text</p>")
    urls = ["http://[", "http://[::1]]/", "http://a\x00b/", "http://" + "a" * 300 + "/", "x", "//"]
    odd = [replace(post, id=f"odd{at}", url=url) for at, url in enumerate(urls)]
    asyncio.run(fetch_pages(room.context, [*odd, post]))
    have = stored_pages(room.context, [post]).pages
    assert list(have) == [post.id]


def test_pages_beyond_the_retention_are_dropped(room: Newsroom) -> None:
    room.web.say("/one", "<p>text</p>")
    (post,) = page_post(room, "/one")
    asyncio.run(fetch_pages(room.context, [post]))
    room.now += timedelta(days=91)
    room.collect()
    assert stored_pages(room.context, [post]) == StoredPages({}, {}, {})


def test_collecting_forgets_addresses_beyond_the_retention_also_where_nothing_is_sent(room: Newsroom) -> None:
    room.more = "[store]\nretention_days = 40\n"
    operator_actions.add(room.context, "ada@example.org")
    with room.store.writing() as connection:
        deliveries.queue(connection, MAILING, now=room.now)
        batch = claims.claim(
            connection, MAILING, 1, by="x", now=room.now, lease=timedelta(hours=1), message_id=lambda _number: "<1@x>"
        )
        results = [DeliveryResult(one.id, DeliveryState.SENT, Answer(250)) for one in batch.claims]
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


# --- Every post is accounted for --------------------------------------------------------------------------------------


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
