"""What is made of the entries of one feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.entry_identity import identify
from digest.collect.identify_posts import judge
from digest.collect.match_entries import KnownPosts
from digest.collect.quarantine import FLOOD, FLOOD_UNDATED, UNDATED_AT_FIRST, count_moved
from digest.collect.urls import identity, post_id
from digest.model import Arrival, Credit, Entry, KnownPost, ShownPost, Source
from digest.week import Cutoff, Week, Window, window_of

NOW = datetime(2019, 3, 21, 12, tzinfo=UTC)
BLOG = Source("Blog", "https://blog.example.org/feed", "https://blog.example.org/")
PLANET = Source("Planet", "https://planet.example.org/feed")
HOSTS = {"Blog": frozenset({"blog.example.org"}), "Planet": frozenset({"planet.example.org"})}
LATER = KnownPosts(first_fetch=False, newest=NOW - timedelta(days=1))
LONG = "<p>" + "A long and telling text about one thing. " * 10 + "</p>"


def entry(name: str, published: datetime | None = NOW - timedelta(hours=1), **extra: str) -> Entry:
    fields = {
        "uid": f"urn:{name}",
        "url": f"https://blog.example.org/{name}",
        "title": name.title(),
        "html": "",
        **extra,
    }
    return Entry(published=published, **fields)


def known_post(
    name: str, source: str = "Blog", published: datetime = NOW - timedelta(days=2), **fields: bool | str
) -> KnownPost:
    key = post_id(identity(f"https://blog.example.org/{name}"))
    return KnownPost(key, source, name.title(), published, first_seen=published, **{"dated": True, **fields})  # type: ignore[arg-type]  # a builder


def arrive(
    entries: Sequence[Entry], memory: KnownPosts = LATER, source: Source = BLOG, window: Window | None = None
) -> tuple[Arrival, ...]:
    return judge(identify(entries, source.feed), source=source, known=memory, hosts=HOSTS, now=NOW, window=window)


def test_a_new_entry_is_a_new_post_with_a_clean_url() -> None:
    (arrival,) = arrive([entry("one", url="https://www.blog.example.org/one/?utm_source=rss")])
    assert arrival.new
    assert arrival.credited
    assert arrival.post == post_id("blog.example.org/one")
    assert arrival.url == "https://www.blog.example.org/one/"


def test_the_same_address_under_another_id_is_the_same_post() -> None:
    one = known_post("one")
    (arrival,) = arrive([entry("one", uid="urn:other")], KnownPosts(posts={one.id: one}, first_fetch=False))
    assert not arrival.new
    assert arrival.post == one.id


def test_the_same_id_under_another_address_is_the_same_post() -> None:
    one = known_post("one")
    memory = KnownPosts(uids={"urn:one": one.id}, posts={one.id: one}, first_fetch=False)
    (arrival,) = arrive([entry("one", url="https://blog.example.org/renamed")], memory)
    assert (arrival.new, arrival.post) == (False, one.id)


def test_an_id_that_all_entries_share_is_none() -> None:
    """Where address, title, moment and words differ as well; whichever of them the feed still shows."""
    one = known_post("one")
    memory = KnownPosts(uids={"N/A": one.id}, posts={one.id: one}, first_fetch=False, html_of=lambda _: LONG)
    (arrival,) = arrive([entry("bridges", uid="N/A", title="Bridges are shut")], memory)
    assert arrival.new
    assert arrival.uid != "N/A"
    again = KnownPosts({**memory.uids, arrival.uid: arrival.post}, memory.posts, html_of=memory.html_of)
    (known,) = arrive([entry("bridges", uid="N/A", title="Bridges are shut")], again)
    assert (known.post, known.uid) == (arrival.post, arrival.uid)


@pytest.mark.parametrize("path", ["", "news"])
def test_one_title_at_the_front_page_is_a_new_post_when_it_has_a_later_date(path: str) -> None:
    """An address with a path names a post, which may be dated anew."""
    url = f"https://blog.example.org/{path}"
    earlier = KnownPost(post_id(identity(url)), "Blog", "Update", NOW - timedelta(days=2), True, NOW)
    memory = KnownPosts(uids={url: earlier.id}, posts={earlier.id: earlier}, first_fetch=False)
    (arrival,) = arrive([Entry(url, url, "Update", published=NOW, html="<p>News.</p>")], memory)
    assert arrival.new is not bool(path)


def test_an_edited_post_stays_in_its_week() -> None:
    one = known_post("one", published=NOW - timedelta(days=20))
    memory = KnownPosts(uids={"urn:one": one.id}, posts={one.id: one}, first_fetch=False)
    (arrival,) = arrive([entry("one", NOW, title="Edited")], memory)
    assert arrival.published == one.published
    assert arrival.entry.title == "Edited"


def test_the_date_of_a_future_post_may_be_changed_by_its_author() -> None:
    one = known_post("one", published=NOW + timedelta(days=20))
    (arrival,) = arrive([entry("one", NOW)], KnownPosts(posts={one.id: one}, first_fetch=False))
    assert arrival.published == NOW


def test_an_undated_entry_takes_the_day_it_was_first_seen() -> None:
    (arrival,) = arrive([entry("one", None)])
    assert (arrival.published, arrival.dated, arrival.quarantine) == (NOW, False, "")
    one = known_post("one", published=NOW - timedelta(days=3), dated=False)
    (again,) = arrive([entry("one", None)], KnownPosts(posts={one.id: one}, first_fetch=False))
    assert again.published == one.published


def test_a_first_fetch_of_undated_entries_does_not_flood() -> None:
    few = arrive([entry(f"p{n}", None) for n in range(UNDATED_AT_FIRST)], KnownPosts())
    assert not any(arrival.quarantine for arrival in few)
    many = arrive([*(entry(f"p{n}", None) for n in range(UNDATED_AT_FIRST + 1)), entry("dated")], KnownPosts())
    assert [bool(arrival.quarantine) for arrival in many] == [True] * (UNDATED_AT_FIRST + 1) + [False]


def test_a_first_fetch_of_old_entries_is_no_flood() -> None:
    old = [entry(f"p{n}", NOW - timedelta(days=100 + n)) for n in range(50)]
    assert not any(arrival.quarantine for arrival in arrive(old, KnownPosts()))


def test_a_flood_of_old_entries_is_quarantined_and_fresh_ones_are_not() -> None:
    old = [entry(f"p{n}", NOW - timedelta(days=100 + n)) for n in range(FLOOD)]
    arrival = arrive([entry("fresh"), *old])
    assert [bool(each.quarantine) for each in arrival] == [False] + [True] * FLOOD
    assert f"{FLOOD} old entries" in arrival[1].quarantine


def test_a_few_old_entries_are_late_not_a_flood() -> None:
    old = [entry(f"p{n}", NOW - timedelta(days=20 + n)) for n in range(FLOOD - 1)]
    assert not any(arrival.quarantine for arrival in arrive(old))


def test_posts_since_the_last_good_fetch_are_no_flood_however_long_ago_it_was() -> None:
    memory = KnownPosts(first_fetch=False, newest=NOW - timedelta(days=60))
    entries = [entry(f"p{n}", NOW - timedelta(days=n)) for n in range(50)]
    assert not any(arrival.quarantine for arrival in arrive(entries, memory))


def test_posts_of_the_collected_week_are_no_flood() -> None:
    window = window_of(Week(2019, 5), Cutoff.parse("MON 00:00"), ZoneInfo("Europe/London"))
    old = [entry(f"p{n}", window.starts + timedelta(hours=n)) for n in range(50)]
    assert all(arrival.quarantine for arrival in arrive(old))
    assert not any(arrival.quarantine for arrival in arrive(old, window=window))


def test_many_new_undated_entries_at_once_are_quarantined() -> None:
    arrival = arrive([entry(f"p{n}", None) for n in range(FLOOD_UNDATED + 1)])
    assert all(each.quarantine for each in arrival)


def test_a_feed_that_gives_all_its_entries_one_id_keeps_them_apart() -> None:
    arrival = arrive([entry("one", uid="x"), entry("two", uid="x")])
    assert len({each.post for each in arrival}) == 2
    assert len({each.uid for each in arrival}) == 2


def test_a_feed_that_gives_all_its_entries_one_address_keeps_them_apart() -> None:
    home = "https://blog.example.org/"
    arrival = arrive([entry("one", url=home), entry("two", url=home)])
    assert len({each.post for each in arrival}) == 2
    assert {each.url for each in arrival} == {home}


def test_the_same_entry_twice_in_a_feed_is_one_post() -> None:
    assert len(arrive([entry("one"), entry("one")])) == 1


def test_an_entry_without_address_is_a_post_of_its_own() -> None:
    arrival = arrive([entry("one", url=""), entry("two", url="")])
    assert len({each.post for each in arrival}) == 2


def test_a_post_belongs_to_the_source_on_whose_site_it_is() -> None:
    on_planet = known_post("one", source="Planet")
    memory = KnownPosts(posts={on_planet.id: on_planet}, first_fetch=False)
    assert arrive([entry("one")], memory, BLOG)[0].credited
    on_blog = known_post("one")
    memory = KnownPosts(posts={on_blog.id: on_blog}, first_fetch=False)
    assert not arrive([entry("one")], memory, PLANET)[0].credited


# --- Known posts under new ids and addresses --------------------------------------------------------------------------


def week_of_posts(*entries: Entry, source: Source = BLOG) -> KnownPosts:
    """What the store knows after a visit that showed these."""
    arrivals = arrive(entries, KnownPosts(first_fetch=True), source)
    return KnownPosts(
        uids={each.uid: each.post for each in arrivals},
        posts={
            each.post: KnownPost(each.post, source.name, each.entry.title, each.published, each.dated, NOW)
            for each in arrivals
        },
        history=[
            ShownPost(each.uid, each.post, each.url, each.entry.title, each.published, each.dated, each.text_hash)
            for each in arrivals
        ],
        html_of=lambda post: next(each.entry.html for each in arrivals if each.post == post),
        first_fetch=False,
        newest=NOW - timedelta(hours=1),
    )


def new_titles(memory: KnownPosts, *entries: Entry) -> list[str]:
    return [arrival.entry.title for arrival in arrive(entries, memory) if arrival.new]


def test_links_with_a_fresh_token_are_the_same_posts() -> None:
    def visit(token: int, *, dated: bool) -> list[Entry]:
        return [
            Entry(
                url := f"https://blog.example.org/view?id={name}&token={token}",
                url,
                name,
                "",
                published=NOW - timedelta(hours=number) if dated else None,
            )
            for number, name in enumerate(["One", "Two", "Three"])
        ]

    for dated in (True, False):
        assert new_titles(week_of_posts(*visit(1, dated=dated)), *visit(2, dated=dated)) == []


def test_posts_of_one_title_and_date_in_one_feed_are_several() -> None:
    twins = [entry("one", title="Minutes"), entry("two", title="Minutes")]
    assert len(arrive(twins, KnownPosts())) == 2
    memory = week_of_posts(*twins)
    assert new_titles(memory, *twins) == []
    assert new_titles(memory, *twins, entry("three", title="Minutes")) == ["Minutes"]
    assert new_titles(week_of_posts(twins[0]), *twins) == ["Minutes"]


def test_an_archive_under_new_addresses_image_hosts_and_dates_is_known() -> None:
    def page(name: str, host: str) -> str:
        return (
            f'<p><img src="https://{host}/{name}.jpg">{name} {LONG}</p><p><a href="https://{host}/{name}">More</a></p>'
        )

    old = [entry(name, html=page(name, "old.example.org")) for name in "abcdef"]
    moved_on = [entry(f"new/{name}", NOW, title=name.title(), html=page(name, "new.example.net")) for name in "abcdef"]
    memory = week_of_posts(*old)
    arrivals = arrive(moved_on, memory)
    assert not any(arrival.new for arrival in arrivals)
    assert all(arrival.published == NOW - timedelta(hours=1) for arrival in arrivals)
    assert count_moved(arrivals, memory) == 6


def test_what_comes_along_with_a_moved_archive_is_quarantined() -> None:
    old = [entry(f"p{number}", html=f"Post {number} {LONG}") for number in range(FLOOD)]
    again = [replace(each, uid=f"new-{each.uid}", url=f"https://new.example.org{each.url[20:]}") for each in old]
    more = [entry(f"older{number}", NOW) for number in range(FLOOD)]
    arrivals = arrive([*again, *more], week_of_posts(*old))
    assert [arrival.new for arrival in arrivals] == [False] * FLOOD + [True] * FLOOD
    assert all(arrival.quarantine for arrival in arrivals if arrival.new)
    (fresh,) = (arrival for arrival in arrive([*again, entry("news")], week_of_posts(*old)) if arrival.new)
    assert not fresh.quarantine


def test_many_known_titles_at_once_under_new_addresses_and_dates_are_quarantined() -> None:
    old = [entry(f"p{number}") for number in range(FLOOD)]
    again = [entry(f"new/{number}", NOW, title=each.title) for number, each in enumerate(old)]
    arrivals = arrive(again, week_of_posts(*old))
    assert all(arrival.new and "title" in arrival.quarantine for arrival in arrivals)
    assert not any(arrival.quarantine for arrival in arrive(again[:2], week_of_posts(*old)))


@pytest.mark.parametrize(
    ("title", "corrected", "same"),
    [
        ("Libary opens on Monday", "Library opens on Monday", True),
        ("Library opens", "Library opens at last", True),
        ("Works in Mill Lane", "Roadworks close Mill Lane", True),
        ("Notes of week 12", "Notes of week 13", False),
        ("Minutes of the May meeting", "Minutes of the June meeting", False),
    ],
)
def test_a_corrected_headline_is_the_same_post(title: str, corrected: str, same: bool) -> None:
    memory = week_of_posts(entry("old", title=title, html=LONG), entry("other"))
    later = entry("new", NOW, title=corrected, html=LONG)
    assert new_titles(memory, later, entry("other")) == ([] if same else [corrected])


def test_posts_of_one_frame_are_told_apart_by_their_numbers() -> None:
    frame = LONG + "<p>The level was {} metres.</p>"
    memory = week_of_posts(entry("old", title="Flood report", html=frame.format(3)), entry("other"))
    later = entry("new", NOW, title="Flood report", html=frame.format(4))
    assert new_titles(memory, later, entry("other")) == ["Flood report"]


def test_posts_of_one_standing_text_are_told_apart_by_their_titles() -> None:
    memory = week_of_posts(*(entry(name, title=f"Minutes: {name}", html=LONG) for name in ("planning", "roads", "tax")))
    assert new_titles(memory, entry("parking", NOW, title="Minutes: parking", html=LONG)) == ["Minutes: parking"]


def test_a_text_that_the_feed_still_shows_is_a_copy_under_another_address() -> None:
    one = entry("one", html=LONG)
    (_, arrival) = arrive([one, entry("renamed", title="One", html=LONG)], week_of_posts(one))
    assert arrival.new
    assert arrival.same_as == arrive([one])[0].post


def test_entries_that_share_a_link_and_have_no_id_are_posts_of_their_own() -> None:
    page = "https://blog.example.org/notices"
    first, second, third = (
        Entry(page, page, name, name, published=NOW - timedelta(hours=hours))
        for name, hours in (("Bins", 3), ("Trees", 2), ("Roads", 1))
    )
    assert len({each.post for each in arrive([first, second, third], KnownPosts())}) == 3
    assert new_titles(week_of_posts(first), second, first) == ["Trees"]
    assert new_titles(week_of_posts(first, second), second) == []
    assert new_titles(week_of_posts(first), second) == ["Trees"]  # a feed that shows only its latest
    assert new_titles(week_of_posts(first, second, third), third, second, first) == []


def test_an_address_that_another_entry_has_taken_over_is_another_post() -> None:
    memory = week_of_posts(entry("one"))
    renamed = entry("one", url="https://blog.example.org/one-renamed")
    heir = entry("heir", url="https://blog.example.org/one", title="Something else")
    assert new_titles(memory, renamed, heir) == ["Something else"]


ENTRIES = st.builds(
    lambda guid, path, title, text, days: Entry(
        guid or (f"https://blog.example.org/{path}" if path is not None else f"{title}{text}"),
        f"https://blog.example.org/{path}" if path is not None else "",
        title,
        text,
        published=None if days < 0 else NOW - timedelta(days=days),
    ),
    st.sampled_from(["", "", "a", "b"]),
    st.sampled_from([None, "", "a", "a?x=1", "b"]),
    st.sampled_from(["One", "Two", "One 2"]),
    st.sampled_from(["", "short", LONG, LONG + "more"]),
    st.integers(-2, 40),
)


@given(st.lists(ENTRIES, max_size=8), st.lists(ENTRIES, max_size=8))
def test_every_entry_is_a_post_or_repeats_one(first: list[Entry], second: list[Entry]) -> None:
    def said(entry: Entry) -> tuple[str, str]:
        return entry.title, entry.html

    memory = week_of_posts(*first)
    for entries, known_posts in ((first, KnownPosts()), (second, memory)):
        arrivals = arrive(entries, known_posts)
        assert {said(each) for each in entries} == {said(each.entry) for each in arrivals}
        assert len({each.post for each in arrivals}) == len({each.uid for each in arrivals}) == len(arrivals)
    assert new_titles(memory, *first) == []


@given(
    st.lists(
        st.builds(
            lambda uid, path, days: Entry(
                uid, f"https://blog.example.org/{path}", path, "", published=None if days < 0 else NOW - timedelta(days)
            ),
            st.sampled_from(["a", "b", "c", "d"]),
            st.sampled_from(["", "a", "b", "c", "c/", "c?utm_source=x"]),
            st.integers(-3, 60),
        ),
        max_size=10,
    ),
    st.booleans(),
)
def test_the_same_entries_again_give_no_new_posts(entries: list[Entry], first: bool) -> None:
    before = arrive(entries, KnownPosts(first_fetch=first))
    posts = {
        each.post: KnownPost(each.post, "Blog", each.entry.title, each.published, each.dated, NOW) for each in before
    }
    memory = KnownPosts({each.uid: each.post for each in before}, posts, first_fetch=False)
    again = arrive(entries, memory)
    assert not any(each.new for each in again)
    assert [(each.post, each.published) for each in again] == [(each.post, each.published) for each in before]


def test_a_credit_names_a_source_by_its_name_feed_or_site() -> None:
    def speaks(credit: Credit) -> bool:
        other_post = replace(known_post("one", source="Planet"), origin=credit)
        memory = KnownPosts(posts={other_post.id: other_post}, first_fetch=False)
        (arrival,) = judge(identify([entry("one")], BLOG.feed), source=BLOG, known=memory, hosts={}, now=NOW)
        return arrival.credited

    assert speaks(Credit("BLOG", ""))
    assert speaks(Credit("What they call it", "http://www.blog.example.org/feed/"))
    assert speaks(Credit("", BLOG.site))
    assert not speaks(Credit("Somebody else", "https://else.example.org/"))
    assert not speaks(Credit("", "https://blog.example.org.evil.example/feed"))


def test_vacancies_whose_titles_came_before_are_no_moved_site() -> None:
    titles = [f"{role} designer" for role in ("Service", "Content", "Interaction", "Graphic", "Web", "Game")]
    history = [
        ShownPost(f"{title}{n}", post_id(f"{title}{n}"), f"https://blog.example.org/{n}/{title}", title, NOW, True, "")
        for title in titles
        for n in range(2)
    ]
    memory = KnownPosts(first_fetch=False, newest=NOW, history=history)
    jobs = [entry(f"job-{n}", NOW + timedelta(hours=1), title=title) for n, title in enumerate(titles)]
    assert not any(arrival.quarantine for arrival in arrive(jobs, memory))
    once = KnownPosts(first_fetch=False, newest=NOW, history=history[::2])
    assert all(arrival.quarantine for arrival in arrive(jobs, once))
