"""What is made of the entries of one feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from digest.arrival import Arrival, KnownPost
from digest.collect.identify_posts import FLOOD, FLOOD_UNDATED, UNDATED_AT_FIRST, KnownPosts, identify, judge
from digest.collect.urls import identity, post_id
from digest.model import Credit, Entry, Source
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
    return judge(identify(entries, source), source=source, known=memory, hosts=HOSTS, now=NOW, window=window)


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


def test_an_old_text_under_a_new_address_is_a_copy() -> None:
    one = known_post("one", published=NOW - timedelta(days=90))
    coming = entry("renamed", NOW, title="One", html=LONG)
    (arrival,) = arrive(
        [coming],
        KnownPosts(posts={one.id: one}, texts={identify([coming], BLOG)[0].content_hash: one.id}, first_fetch=False),
    )
    assert arrival.new
    assert arrival.same_as == one.id


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
        (arrival,) = judge(identify([entry("one")], BLOG), source=BLOG, known=memory, hosts={}, now=NOW)
        return arrival.credited

    assert speaks(Credit("BLOG", ""))
    assert speaks(Credit("What they call it", "http://www.blog.example.org/feed/"))
    assert speaks(Credit("", BLOG.site))
    assert not speaks(Credit("Somebody else", "https://else.example.org/"))
    assert not speaks(Credit("", "https://blog.example.org.evil.example/feed"))
