"""The order of a week's posts: deterministic, balanced, explained, and decided by the editor where they choose."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.rank import RankedPost, RankInput, rank_posts

MONDAY = datetime(2019, 3, 18, 9, tzinfo=UTC)


def post(name: str, source: str = "Town Crier", theme: str = "comms", **more: object) -> RankInput:
    values: dict[str, object] = {"published": MONDAY, "words": 400, "fit": 0.8} | more
    return RankInput(id=name, theme=theme, source=source, **values)  # type: ignore[arg-type]  # short for tests


def order(arranged: tuple[RankedPost, ...]) -> list[str]:
    return [each.id for each in arranged]


posts = st.lists(
    st.builds(
        RankInput,
        id=st.integers(0, 10_000).map(lambda number: f"{number:016x}"),
        theme=st.sampled_from(["comms", "civic-tech", "elsewhere"]),
        source=st.sampled_from(["A", "B", "C", "D"]),
        published=st.integers(0, 10_000).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
        words=st.integers(0, 3000),
        fit=st.floats(0, 1),
        also_on=st.integers(0, 5),
        pinned=st.booleans(),
        full=st.none() | st.booleans(),
        brought_in=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda each: each.id,
)


@given(posts, st.integers(1, 8), st.integers(1, 5), st.sampled_from(["rank", "newest", "oldest"]), st.randoms())
def test_ranking_is_complete_stable_and_within_the_limits(
    week: list[RankInput], per_theme: int, per_source: int, how: str, chance: random.Random
) -> None:
    arranged = rank_posts(week, per_theme=per_theme, per_source=per_source, order=how)
    assert sorted(order(arranged)) == sorted(each.id for each in week)
    shuffled = list(week)
    chance.shuffle(shuffled)
    assert rank_posts(shuffled, per_theme=per_theme, per_source=per_source, order=how) == arranged

    by_id = {each.id: each for each in week}
    full = [by_id[each.id] for each in arranged if not each.short]
    free = [each for each in full if not each.surely_full]
    pinned_in = Counter(each.theme for each in full if each.surely_full)
    for theme, count in Counter(each.theme for each in free).items():
        assert count + pinned_in[theme] <= max(per_theme, pinned_in[theme])
    for count in Counter(each.source for each in free if not each.brought_in).values():
        assert count <= per_source
    assert not any(each.short and by_id[each.id].surely_full for each in arranged)
    assert all(each.short for each in arranged if by_id[each.id].full is False)

    for theme in {each.theme for each in arranged}:
        line = [each for each in arranged if each.theme == theme]
        assert [each.order for each in line] == list(range(len(line)))
        assert [each.short for each in line] == sorted(each.short for each in line)
        assert [each.lead for each in line] == [not line[0].short] + [False] * (len(line) - 1)
    assert all(each.because for each in arranged if each.short or each.lead)


def test_clear_fit_length_and_copies_raise_a_post() -> None:
    assert order(rank_posts([post("a"), post("b", "B", fit=0.95)], per_theme=8, per_source=4)) == ["b", "a"]
    assert order(rank_posts([post("a", words=30), post("b", "B")], per_theme=8, per_source=4)) == ["b", "a"]
    assert order(rank_posts([post("a"), post("b", "B", also_on=2)], per_theme=8, per_source=4)) == ["b", "a"]


@pytest.mark.parametrize(
    ("better", "worth"),
    [
        ({"published": MONDAY + timedelta(days=6)}, 0.15),  # the newest of the week against its oldest
        ({"also_on": 3}, 0.15),
        ({"also_on": 9}, 0.15),  # more than three add nothing
        ({"also_on": 1}, 0.05),
        ({"words": 500}, 0.25),
        ({"words": 5_000}, 0.25),  # more than 500 add nothing
        ({"words": 250}, 0.125),
    ],
)
def test_what_recency_copies_and_length_are_worth(better: dict[str, object], worth: float) -> None:
    """Measured against the fit, which is worth 0.45: a post that fits so much better just stays behind, or passes."""
    for difference, first in ((worth - 0.005, "better"), (worth + 0.005, "fits")):
        fits = post("fits", "A", words=0, fit=difference / 0.45)
        # The oldest of the week, so that its days are counted, and last in any order.
        others = [post("better", "B", **({"words": 0, "fit": 0.0} | better)), post("zz", "C", words=0, fit=0.0)]
        assert order(rank_posts([fits, *others], per_theme=8, per_source=4))[0] == first


def test_a_fit_beyond_its_range_counts_as_the_end_of_it() -> None:
    week = [post("a", "A", fit=1.0), post("b", "B", fit=7.0), post("c", "C", fit=-3.0), post("d", "D", fit=0.0)]
    assert order(rank_posts(week, per_theme=8, per_source=4)) == ["a", "b", "c", "d"]


def test_ties_go_to_the_older_then_to_the_smaller_id() -> None:
    later = MONDAY + timedelta(hours=1)
    equal = [post("b", "B"), post("a", "A"), post("c", "C")]
    assert order(rank_posts(equal, per_theme=8, per_source=4)) == ["a", "b", "c"]
    dated = [post("a", "A", published=later), post("b", "B"), post("c", "C")]
    assert order(rank_posts(dated, per_theme=8, per_source=4, order="oldest")) == ["b", "c", "a"]
    assert order(rank_posts(dated, per_theme=8, per_source=4, order="newest"))[0] == "a"


def test_sources_take_turns() -> None:
    week = [post(f"a{n}", "A", fit=0.9) for n in range(3)] + [post(f"b{n}", "B", fit=0.6) for n in range(3)]
    line = order(rank_posts(week, per_theme=8, per_source=4))
    assert [name[0] for name in line] == ["a", "b", "a", "b", "a", "b"]


def test_posts_over_the_limit_of_a_source_go_to_the_short_list() -> None:
    week = [post(f"a{n}", "A", theme=("comms", "civic-tech")[n % 2], fit=0.9) for n in range(6)] + [post("b", "B")]
    arranged = rank_posts(week, per_theme=8, per_source=2)
    short = [each for each in arranged if each.short]
    assert len(short) == 4
    assert all("short: A already has 2 posts with a summary" in " ".join(each.because) for each in short)


def test_a_full_theme_sends_the_rest_to_the_short_list() -> None:
    arranged = rank_posts([post(f"p{n}", f"S{n}") for n in range(5)], per_theme=3, per_source=4)
    assert [each.short for each in arranged] == [False, False, False, True, True]
    assert "short: the theme already has 3 posts with a summary" in " ".join(arranged[-1].because)


def test_a_place_over_the_limit_of_a_source_goes_to_the_next() -> None:
    week = [post("a1", "A", fit=1.0), post("a2", "A", fit=1.0), post("b", "B", fit=0.1)]
    full = [each.id for each in rank_posts(week, per_theme=2, per_source=1) if not each.short]
    assert full == ["a1", "b"]


def test_a_post_cut_by_its_theme_does_not_count_for_its_source() -> None:
    week = [
        post("a1", "A", fit=1.0),
        post("a2", "A", fit=0.9),  # its theme is full
        post("a3", "A", theme="civic-tech", fit=0.8),
    ]
    full = [each.id for each in rank_posts(week, per_theme=1, per_source=2) if not each.short]
    assert sorted(full) == ["a1", "a3"]


@pytest.mark.parametrize(("words", "is_full"), [(499, False), (500, True)])
def test_a_full_article_has_500_words(words: int, is_full: bool) -> None:
    (ranked,) = rank_posts([post("a", words=words)], per_theme=8, per_source=4)
    assert ("a full article of 500 words" in ranked.because) is is_full


def test_pinned_posts_stand_first_and_are_never_cut() -> None:
    week = [post("a", "A", fit=1.0), post("b", "B", fit=0.9), post("c", "C", fit=0.1, words=10, pinned=True)]
    arranged = rank_posts(week, per_theme=1, per_source=1)
    assert order(arranged)[0] == "c"
    assert not arranged[0].short
    assert "pinned by the editor" in arranged[0].because


@given(posts, st.integers(1, 8), st.sampled_from(["rank", "newest", "oldest"]), st.randoms())
def test_the_editors_order_is_shown_exactly_and_the_others_follow(
    week: list[RankInput], per_theme: int, how: str, chance: random.Random
) -> None:
    chosen = [each.id for each in week if chance.random() < 0.6]
    chance.shuffle(chosen)
    by_hand = {key: ["no such post", *chosen] for key in ("comms", "civic-tech", "elsewhere")}
    ranked = rank_posts(week, per_theme=per_theme, per_source=3, order=how)
    arranged = rank_posts(week, per_theme=per_theme, per_source=3, order=how, by_hand=by_hand)
    assert {each.id: each.short for each in arranged} == {each.id: each.short for each in ranked}
    for theme in by_hand:
        line = [each.id for each in arranged if each.theme == theme]
        in_theme = {each.id for each in week if each.theme == theme}
        placed = [each for each in chosen if each in in_theme]
        rest = [each.id for each in ranked if each.theme == theme and each.id not in placed]
        assert line == placed + rest


def test_the_lead_comes_first_whatever_else_was_placed() -> None:
    week = [post("a", "A", fit=1.0), post("b", "B", fit=0.1, leads=True), post("c", "C", pinned=True)]
    arranged = rank_posts(week, per_theme=1, per_source=1, by_hand={"comms": ["a", "c", "b"]})
    assert order(arranged) == ["b", "a", "c"]
    assert (arranged[0].lead, arranged[0].short) == (True, False)


def test_no_posts_give_no_ranking() -> None:
    assert rank_posts([], per_theme=8, per_source=4) == ()


@pytest.mark.parametrize(
    ("fit", "with_summary"),
    [
        (0.79, ["a0", "b"]),  # b scores 0.5555
        (0.78, ["a0", "a1"]),  # 0.551
        (0.61, ["a0", "a1", "b"]),  # 0.4745
        (0.59, ["a0", "a1", "a2"]),  # 0.4655
    ],
)
def test_each_further_post_of_a_source_is_discounted(fit: float, with_summary: list[str]) -> None:
    """A post scores 0.45 for its fit and 0.2 for 400 words; A's posts 0.65, 0.85 of it and 0.85² of it."""
    week = [post(f"a{n}", "A", fit=1.0) for n in range(3)] + [post("b", "B", fit=fit)]
    ranked = rank_posts(week, per_theme=len(with_summary), per_source=8)
    assert sorted(each.id for each in ranked if not each.short) == with_summary


def test_reasons_name_what_counted() -> None:
    week = [
        post("a", "A", fit=0.75, words=500, also_on=1),
        post("b", "B", fit=0.74, words=59, also_on=2),
        post("c", "C", fit=0.1, words=0),
        post("d", "D", fit=0.1, words=60),
    ]
    because = {each.id: each.because for each in rank_posts(week, per_theme=8, per_source=4)}
    assert because == {
        "a": ("leads its theme", "clear fit", "also published by 1 other source", "a full article of 500 words"),
        "b": ("also published by 2 other sources", "hardly any text"),
        "c": ("no text",),
        "d": (),
    }


def test_the_reason_counts_the_posts_of_a_source() -> None:
    week = [post(f"a{n:02}", "A", fit=1 - n / 100) for n in range(24)]
    ranked = rank_posts(week, per_theme=30, per_source=30)
    ordinals = [each.because[-1].split()[0] for each in ranked[1:]]
    assert ordinals[:3] == ["2nd", "3rd", "4th"]
    assert ordinals[8:13] == ["10th", "11th", "12th", "13th", "14th"]
    assert ordinals[18:23] == ["20th", "21st", "22nd", "23rd", "24th"]
