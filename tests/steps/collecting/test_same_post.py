"""The same post once, different posts all: week after week, through feed, store and selection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from digest.collect.parse_in_workers import ParsePool
from digest.model import Outcome, SourceReport
from digest.store.engine import Store
from digest.store.schema import entries as entry_table
from digest.week import Week
from tests.steps.collecting.test_collect import MONDAY, TUESDAY, Newsroom
from tests.web_of_feeds import Item, Web, rss

WEEKS = [Week(2019, number) for number in range(5, 17)]


@pytest.fixture
def blog(store: Store, tmp_path: Path, parsers: ParsePool) -> Iterator[Newsroom]:
    """One source, Blog, at /feed, on SQLite and on PostgreSQL."""
    with Web() as web:
        room = Newsroom(store, web, tmp_path, parsers)
        room.follow("Blog", web.url("/feed"), site=web.url("/"))
        yield room


def words(seed: str) -> str:
    return f"<p>{' '.join(f'{seed} word{number}' for number in range(60))}</p>"


def post(name: str, date: datetime | None = TUESDAY, html: str | None = None) -> Item:
    slug = name.lower().replace(" ", "-")
    return Item(name, f"https://blog.example.org/{slug}", f"urn:{slug}", date, words(name) if html is None else html)


def show(room: Newsroom, *items: Item) -> SourceReport:
    room.web.say("/feed", rss(*items))
    report = room.visit(force=True)
    assert report.entries == report.new + report.known + sum(report.left_out.values())
    return report


def every_title(room: Newsroom, source: str = "Blog") -> list[str]:
    """The titles of each week's posts, chosen or left out, sorted."""
    titles = {}
    for week in WEEKS:
        selection = room.select(week)
        titles |= {each.id: each.title for each in selection.posts if each.source == source}
        titles |= {each.post: each.title for each in selection.left_out if each.source == source}
    return sorted(titles.values())


def test_titles_only_with_a_fresh_token_at_each_visit_are_three_posts(blog: Newsroom) -> None:
    def visit(token: str) -> list[Item]:
        return [
            Item(f"Journal {number}", f"https://blog.example.org/{token}/view?id={number}&t={token}", "", date, "")
            for number, date in enumerate([TUESDAY, TUESDAY + timedelta(hours=1), None])
        ]

    assert show(blog, *visit("a1")[:2]).new == 2
    for token in ("b2", "c3", "d4"):
        report = show(blog, *visit(token)[:2])
        assert (report.new, report.known) == (0, 2)
    assert blog.titles() == ["Journal 0", "Journal 1"]
    with blog.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(entry_table)) == 2  # old ids do not pile up


def test_a_moved_site_sends_its_archive_once(blog: Newsroom) -> None:
    def archive(host: str, date: datetime) -> list[Item]:
        return [
            Item(
                f"Post {name}",
                f"https://{host}/{name}",
                f"https://{host}/?p={name}",
                date - timedelta(hours=number),
                f'<img src="https://{host}/{name}.jpg">{words(name)}',
            )
            for number, name in enumerate("abcdefghijkl")
        ]

    assert show(blog, *archive("old.example.org", TUESDAY)).new == 12
    blog.publish()
    blog.now = MONDAY + timedelta(days=2)
    report = show(blog, *archive("new.example.net", blog.now))
    assert (report.new, report.known, report.quarantined) == (0, 12, 0)
    assert "12 posts that Digest knows came under new addresses" in report.reason
    assert blog.titles(Week(2019, 13)) == []
    assert {each.url.partition("/a")[0] for each in blog.select().left_out} <= {"https://new.example.net"}


def test_an_archive_that_cannot_be_told_is_quarantined_and_said_so(blog: Newsroom) -> None:
    def archive(host: str, date: datetime) -> list[Item]:
        return [Item(f"Post {name}", f"https://{host}/{name}", f"{host}{name}", date, "") for name in "abcdef"]

    show(blog, *archive("old.example.org", TUESDAY))
    blog.publish()
    blog.now = MONDAY + timedelta(days=2)
    report = show(blog, *archive("new.example.net", blog.now))
    assert (report.new, report.quarantined) == (6, 6)
    assert "6 new posts are in quarantine" in report.reason
    selection = blog.select(Week(2019, 13))
    assert selection.posts == ()
    assert all("in quarantine" in each.reason for each in selection.left_out)
    assert len(selection.left_out) == 6
    assert blog.health().quarantined == 6
    assert "quarantine" in blog.health().advice
    blog.now += timedelta(days=1)
    show(blog, *archive("new.example.net", MONDAY + timedelta(days=2)), post("News"))
    assert "quarantine" in blog.health().advice  # also after the next visit
    blog.now += timedelta(days=60)
    assert blog.health().quarantined == 0


@pytest.mark.parametrize("days", [1, 7])
def test_a_corrected_headline_is_the_same_post_updated(blog: Newsroom, days: int) -> None:
    first = post("Town hall plan aproved", TUESDAY, words("plan"))
    show(blog, post("Other", TUESDAY - timedelta(days=1)), first)
    blog.now += timedelta(days=days)
    corrected = post("Town hall plan approved", TUESDAY + timedelta(days=days), words("plan"))
    assert show(blog, post("Other", TUESDAY - timedelta(days=1)), corrected).new == 0
    assert sorted(blog.titles()) == ["Other", "Town hall plan approved"]
    assert blog.all()["Town hall plan approved"].post.url.endswith("/town-hall-plan-approved")
    assert "Town hall plan approved" not in blog.titles(Week(2019, 13))


def test_items_that_share_one_link_are_all_kept(blog: Newsroom) -> None:
    page = "https://blog.example.org/notices"
    items = [Item(name, page, "", TUESDAY + timedelta(hours=hour), "") for hour, name in enumerate(["One", "Two", "X"])]
    assert show(blog, *items[:2]).new == 2
    assert show(blog, *items).new == 1
    assert show(blog, *items[2:]).new == 0
    assert sorted(blog.titles()) == ["One", "Two", "X"]


def test_a_feed_that_shows_only_its_latest_item_at_one_link_loses_none(blog: Newsroom) -> None:
    page = "https://blog.example.org/notices"
    for hours, name in enumerate(["Bins", "Trees", "Roads"]):
        report = show(blog, Item(name, page, "", TUESDAY + timedelta(hours=hours), f"<p>{name} are late.</p>"))
        assert (report.outcome, report.new) == (Outcome.OK, 1)
        assert show(blog, Item(name, page, "", TUESDAY + timedelta(hours=hours), f"<p>{name} are late.</p>")).new == 0
    assert sorted(blog.titles()) == ["Bins", "Roads", "Trees"]


def test_what_is_left_out_is_said_and_remembered(blog: Newsroom) -> None:
    one = post("One")
    report = show(blog, one, one, Item("", date=None, html=""))
    assert report.left_out == {"the feed shows it twice": 1}
    again = blog.visit()
    assert (again.outcome, again.known, again.left_out) == (Outcome.UNCHANGED, 2, report.left_out)


# --- Every entry is accounted for -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One item of a feed, apart from the host it stands on."""

    guid: str
    path: str | None
    title: str
    text: str
    hours: int | None

    def item(self, host: str) -> Item:
        link = "" if self.path is None else f"https://{host}/{self.path}"
        date = None if self.hours is None else TUESDAY + timedelta(hours=self.hours)
        return Item(self.title, link, self.guid, date, self.text)


FEEDS = st.lists(
    st.builds(
        Said,
        st.sampled_from(["", "", "N/A", "urn:a", "urn:b"]),
        st.sampled_from([None, "", "news", "news?t=1", "a"]),
        st.sampled_from(["Bins", "Trees", "Notice 1", "Notice 2"]),
        st.sampled_from(["", "short", words("one"), words("two")]),
        st.sampled_from([None, -900, -30, 0, 1, 200]),
    ),
    max_size=7,
)
NUMBERS = count()


@pytest.fixture(scope="module")
def hosts() -> Iterator[Web]:
    with Web() as web:
        yield web


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(visits=st.lists(FEEDS, min_size=1, max_size=3))
@pytest.mark.thorough
def test_every_entry_of_every_visit_is_accounted_for(
    store: Store, hosts: Web, tmp_path: Path, parsers: ParsePool, visits: list[list[Said]]
) -> None:
    room = Newsroom(store, hosts, tmp_path, parsers)
    name = f"Blog {next(NUMBERS)}"
    host = f"{name.replace(' ', '').lower()}.example.org"
    room.follow(name, hosts.url(f"/{host}"))
    new = 0
    for feed in visits:
        items = [replace(said, text=said.text.replace("word", f"{host} word")).item(host) for said in feed]
        hosts.say(f"/{host}", rss(*items))
        report = room.visit(force=True)
        assert report.outcome is Outcome.OK
        assert report.entries == len(items)
        assert report.entries == report.new + report.known + sum(report.left_out.values())
        new += report.new
        titles = every_title(room, name)
        assert len(titles) == new  # each post stands in a week's list, chosen or left out
        assert {said.title for said in feed} <= set(titles)
        room.now += timedelta(hours=26)
