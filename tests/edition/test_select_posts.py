"""Which posts an edition has, and the reasons why others are left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.select_posts import Selection, select_posts
from digest.model import Decision, Post, StoredPost
from digest.week import Cutoff, Week, window_of

CUTOFF, ZONE = Cutoff.parse("MON 00:00"), ZoneInfo("Europe/London")
WINDOW = window_of(Week(2019, 12), CUTOFF, ZONE)
NOW = datetime(2019, 3, 25, 6, tzinfo=UTC)
TUESDAY = datetime(2019, 3, 19, 10, tzinfo=UTC)


def stored(
    name: str = "one", published: datetime = TUESDAY, *, first_seen: datetime | None = None, **extra: object
) -> StoredPost:
    """A post as the store has it; each field goes to the post or to its row."""
    row = {key: extra.pop(key) for key in ("quarantine", "same_as", "backlog") if key in extra}
    fields = {"url": f"https://x.org/{name}", "title": name.title(), "source": "X", "html": "", **extra}
    post = Post(id=name, published=published, first_seen=first_seen or published, **fields)  # type: ignore[arg-type]  # a builder
    return StoredPost(post, **row)  # type: ignore[arg-type]  # a builder


def chosen_ids(selection: Selection) -> list[str]:
    return [post.id for post in selection.posts]


def reason(selection: Selection, name: str = "one") -> str:
    assert name not in chosen_ids(selection)
    (omitted,) = [omitted for omitted in selection.left_out if omitted.post == name]
    return omitted.reason


def week(*posts: StoredPost, **rules: object) -> Selection:
    return select_posts(posts, WINDOW, **{"now": NOW, "in_editions": {}, **rules})  # type: ignore[arg-type]  # a shorthand


def test_posts_are_selected_oldest_first() -> None:
    inside = [WINDOW.starts, TUESDAY, WINDOW.ends - timedelta(microseconds=1)]
    selection = week(*(stored(f"p{at}", moment) for at, moment in reversed(list(enumerate(inside)))))
    assert chosen_ids(selection) == ["p0", "p1", "p2"]
    assert selection.left_out == ()


def test_posts_of_another_week_are_in_neither_list() -> None:
    after = stored("after", WINDOW.ends)
    before = stored("before", WINDOW.starts - timedelta(seconds=1))
    assert week(after, before) == Selection((), ())


def test_a_post_first_seen_after_its_week_had_closed_is_late() -> None:
    late = stored(published=WINDOW.starts - timedelta(days=2), first_seen=TUESDAY)
    selection = week(late)
    assert chosen_ids(selection) == ["one"]
    assert selection.posts[0].late


def test_a_post_of_the_week_is_not_late() -> None:
    assert not week(stored(first_seen=NOW)).posts[0].late


def test_a_late_post_left_out_of_another_edition_does_not_come_back() -> None:
    late = stored(published=WINDOW.starts - timedelta(days=2), first_seen=TUESDAY)
    assert week(late, in_editions={"one": "2019-W11"}) == Selection((), ())
    assert week(late, left_out_elsewhere={"one"}) == Selection((), ())


def test_posts_of_a_source_s_first_fetch_are_not_late() -> None:
    old = stored(published=WINDOW.starts - timedelta(days=2), first_seen=TUESDAY, backlog=True)
    assert week(old) == Selection((), ())


def test_a_first_fetch_long_after_the_week_still_fills_it() -> None:
    """A replay: the week is years ago, and everything in it is first seen today."""
    today = datetime(2026, 11, 23, tzinfo=UTC)
    assert chosen_ids(week(stored(first_seen=today, backlog=True), now=today)) == ["one"]


def test_a_late_post_that_is_too_old_is_left_out() -> None:
    old = stored(published=WINDOW.ends - timedelta(days=36), first_seen=TUESDAY)
    assert reason(week(old, max_age_days=35)) == "too old: published on 2019-02-17, first seen on 2019-03-19"
    assert chosen_ids(week(old, max_age_days=37)) == ["one"]


def test_a_post_of_another_edition_is_left_out_even_if_pinned() -> None:
    assert reason(week(stored(), in_editions={"one": "2019-W11"})) == "already in the edition of 2019-W11"
    pinned = {"one": Decision("one", pinned=True)}
    assert (
        reason(week(stored(), in_editions={"one": "2019-W11"}, decisions=pinned))
        == "already in the edition of 2019-W11"
    )


def test_a_post_dated_decades_ahead_is_accounted_for_in_the_week_that_first_saw_it() -> None:
    ahead = stored(published=datetime(2064, 2, 6, tzinfo=UTC), first_seen=TUESDAY)
    assert "dated in the future (2064-02-06 00:00 UTC)" in reason(week(ahead))
    seen_later = stored(published=datetime(2064, 2, 6, tzinfo=UTC), first_seen=WINDOW.ends)
    assert week(seen_later) == Selection((), ())


def test_a_post_dated_ahead_stays_out_of_an_earlier_week_that_is_composed_again() -> None:
    ahead = stored(published=WINDOW.ends + timedelta(days=2), first_seen=TUESDAY)
    assert "in the future" in reason(week(ahead, now=WINDOW.ends + timedelta(days=30)))


def test_a_post_dated_at_the_very_end_of_the_week_waits_for_the_next_one() -> None:
    at_the_end = stored(published=WINDOW.ends, first_seen=TUESDAY)
    assert "it waits until then" in reason(week(at_the_end, now=WINDOW.ends + timedelta(days=1)))


def test_a_post_dated_in_the_future_waits() -> None:
    wednesday = datetime(2019, 3, 20, 10, tzinfo=UTC)
    selection = week(stored(published=wednesday), now=TUESDAY)
    assert "dated in the future (2019-03-20 10:00 UTC)" in reason(selection)
    assert chosen_ids(week(stored(published=wednesday), now=wednesday)) == ["one"]


def test_quarantined_posts_have_a_reason() -> None:
    assert reason(week(stored(quarantine="one of 40 old entries"))) == "in quarantine: one of 40 old entries"


def test_a_copy_is_left_out_with_its_reason() -> None:
    assert reason(week(stored(same_as="two"), stored("two"))) == "the same as “Two” of X"
    assert reason(week(stored(same_as="long ago"))) == "the same as an earlier post"


def test_a_post_without_address_cannot_be_linked() -> None:
    assert "gives no web address" in reason(week(stored(url="")))


def test_sources_that_are_no_longer_followed_are_left_out() -> None:
    assert "no longer followed" in reason(week(stored(), active_sources={"Y"}))
    assert chosen_ids(week(stored(), active_sources={"X"})) == ["one"]


def test_the_editor_drops_and_holds() -> None:
    assert reason(week(stored(), decisions={"one": Decision("one", dropped="an advert")})) == (
        "dropped by the editor: an advert"
    )
    assert "held back" in reason(week(stored(), decisions={"one": Decision("one", held=True)}))


def test_the_editor_can_bring_in_what_the_rules_leave_out() -> None:
    pin = {"one": Decision("one", pinned=True)}
    for post in (
        stored(quarantine="a flood"),
        stored(published=WINDOW.ends - timedelta(days=400), backlog=True),
        stored(same_as="two"),
    ):
        assert chosen_ids(week(post, decisions=pin)) == ["one"]


def test_a_held_post_comes_with_the_next_edition() -> None:
    post = stored(published=WINDOW.starts - timedelta(days=3), first_seen=WINDOW.starts - timedelta(days=3))
    selection = week(post, held_posts={"one"}, left_out_elsewhere={"one"})
    assert chosen_ids(selection) == ["one"]
    assert selection.posts[0].late
    very_old = stored(published=WINDOW.starts - timedelta(days=90))
    assert chosen_ids(week(very_old, held_posts={"one"})) == ["one"]


# --- Properties -------------------------------------------------------------------------------------------------------

START = datetime(2019, 2, 1, tzinfo=UTC)
moments = st.integers(0, 24 * 80).map(lambda hours: START + timedelta(hours=hours))
published_at = moments | st.just(datetime(2064, 2, 6, tzinfo=UTC))
posts = st.lists(
    st.builds(
        lambda published, seen, quarantine, same, backlog, url: stored(
            "x", published, first_seen=seen, quarantine=quarantine, same_as=same, backlog=backlog, url=url
        ),
        published_at,
        moments,
        st.sampled_from(["", "", "", "a flood"]),
        st.sampled_from(["", "", "", "other"]),
        st.booleans(),
        st.sampled_from(["https://x.org/", "https://x.org/", ""]),
    ),
    max_size=12,
).map(lambda found: [replace(each, post=replace(each.post, id=f"p{at}")) for at, each in enumerate(found)])


@given(posts)
def test_week_after_week_no_post_is_shown_twice_and_each_is_accounted_for(candidates: list[StoredPost]) -> None:
    week_of_post: dict[str, Week] = {}
    omitted_earlier: set[str] = set()
    accounted: set[str] = set()
    for number in range(5, 20):
        window = window_of(Week(2019, number), CUTOFF, ZONE)
        now = window.ends + timedelta(hours=6)
        known = [each for each in candidates if each.post.first_seen <= now]
        selection = select_posts(known, window, now=now, in_editions=week_of_post, left_out_elsewhere=omitted_earlier)
        ids = chosen_ids(selection)
        assert not set(ids) & week_of_post.keys()
        omitted = {each.post for each in selection.left_out}
        assert not omitted & set(ids)
        assert all(each.reason for each in selection.left_out)
        of_week = {each.post.id for each in known if each.post.published in window}
        assert of_week <= omitted | set(ids)
        week_of_post |= dict.fromkeys(ids, window.week)
        omitted_earlier |= omitted
        accounted |= omitted | set(ids)
    for each in candidates:
        if not each.backlog or each.post.published >= window.ends:
            assert each.post.id in accounted


@pytest.mark.parametrize("hours", [1, 30, 100, 24 * 20])
def test_a_post_is_not_lost_while_its_feed_is_down(hours: int) -> None:
    """Published on Tuesday, first seen so many hours later: it is in exactly one edition."""
    post = stored(first_seen=TUESDAY + timedelta(hours=hours))
    week_of_post: dict[str, Week] = {}
    for number in range(11, 18):
        window = window_of(Week(2019, number), CUTOFF, ZONE)
        now = window.ends + timedelta(hours=6)
        if post.post.first_seen <= now:
            selection = select_posts([post], window, now=now, in_editions=week_of_post)
            week_of_post |= dict.fromkeys(chosen_ids(selection), window.week)
    assert len(week_of_post) == 1
