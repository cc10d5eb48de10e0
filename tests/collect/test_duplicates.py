"""One text at several URLs is one post."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.duplicates import copies, same_title
from digest.collect.urls import identity, post_id
from digest.model import Credit, Post

TUESDAY = datetime(2019, 3, 19, 10, tzinfo=UTC)
LATER = TUESDAY + timedelta(hours=1)
WORDS = [
    "service",
    "team",
    "users",
    "council",
    "digital",
    "form",
    "people",
    "research",
    "design",
    "policy",
    "data",
    "build",
    "test",
    "learn",
    "share",
]


def text(seed: int, words: int = 200) -> str:
    chance = random.Random(seed)
    return f"<p>{' '.join(chance.choice(WORDS) + str(chance.randrange(40)) for _ in range(words))}.</p>"


def post(name: str, html: str, source: str = "", **extra: object) -> Post:
    url = f"https://{name}.example.org/post"
    fields = {"title": "The same title", "published": TUESDAY, "first_seen": TUESDAY, **extra}
    return Post(post_id(identity(url)), url, source=source or name, html=html, **fields)  # type: ignore[arg-type]  # a builder


def pairs(*posts: Post, fixed: frozenset[str] = frozenset()) -> dict[str, str]:
    """Copies to originals, by the names of their sources."""
    names = {each.id: each.source for each in posts}
    originals = copies(posts, own=lambda each: each.url.startswith(f"https://{each.source}."), fixed=fixed)
    return {names[copy]: names[original] for copy, original in originals.items()}


def test_the_same_text_elsewhere_is_a_copy_of_the_first() -> None:
    later = post("b", text(1), published=TUESDAY + timedelta(hours=3))
    assert pairs(later, post("a", text(1))) == {"b": "a"}


def test_a_few_changed_words_do_not_hide_a_copy() -> None:
    changed = text(1).replace("service", "services") + "<p>The post appeared first on A.</p>"
    assert pairs(post("a", text(1)), post("b", changed, published=TUESDAY + timedelta(hours=1))) == {"b": "a"}


def test_an_excerpt_with_the_same_title_is_a_copy() -> None:
    excerpt = text(1)[:400]
    assert pairs(post("a", text(1, 600)), post("b", excerpt, published=TUESDAY + timedelta(hours=1))) == {"b": "a"}


def test_an_excerpt_under_another_title_may_be_a_quotation() -> None:
    assert pairs(post("a", text(1, 600)), post("b", text(1)[:400], title="What I think of it")) == {}


def test_other_texts_with_the_same_title_are_no_copies() -> None:
    assert pairs(post("a", text(1)), post("b", text(2))) == {}


def test_short_equal_texts_are_no_copies() -> None:
    assert pairs(post("a", "<p>Read more on our site.</p>"), post("b", "<p>Read more on our site.</p>")) == {}


def test_a_series_of_one_source_stays_apart() -> None:
    frame = text(3, 150)
    assert (
        pairs(
            post("a", frame + "<p>This week we met ten teams.</p>", source="x", title="Week notes 1"),
            post("b", frame + "<p>This week we shipped a form.</p>", source="x", title="Week notes 2"),
        )
        == {}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Week notes 12", "Week notes 13"),
        ("Minutes of 12 May", "Minutes of 19 May"),
        ("Figures for March", "Figures for April"),
        ("Part one: how we did it", "Part two: how we did it"),
    ],
)
def test_titles_that_differ_in_numbers_only_are_of_different_posts(one: str, other: str) -> None:
    """Whatever their sources: two newsletters may share a frame."""
    frame = text(3)
    assert pairs(post("a", frame, title=one), post("b", frame, title=other)) == {}
    assert not same_title(one, other)
    assert pairs(post("a", frame, title=one), post("b", frame, title=one, published=LATER)) == {"b": "a"}


def test_a_post_like_two_of_a_series_does_not_join_them() -> None:
    frame = text(3)
    first = post("a1", frame, source="a", title="Week notes 1")
    second = post("a2", frame, source="a", title="Week notes 2", published=LATER)
    elsewhere = post("b", frame, title="What they did", published=LATER)
    originals = copies([first, second, elsewhere], own=lambda _: True)
    assert len(originals) == 1
    assert originals.get(first.id, first.id) != originals.get(second.id, second.id)


def test_posts_of_one_title_and_frame_whose_numbers_differ_stay_apart() -> None:
    frame = text(3)
    one = post("a1", f"{frame} Apply by 12 May.", source="a", title="Service designer")
    other = post("a2", f"{frame} Apply by 19 May.", source="a", title="Service designer", published=LATER)
    assert pairs(one, other) == {}


def test_another_headline_with_a_number_does_not_hide_a_copy() -> None:
    assert pairs(post("a", text(1), title="5 ways"), post("b", text(1), title="How to", published=LATER)) == {"b": "a"}


def test_the_same_text_months_later_is_a_new_post() -> None:
    assert pairs(post("a", text(1)), post("b", text(1), published=TUESDAY + timedelta(days=90))) == {}


def test_a_post_on_its_source_s_own_site_is_the_original_in_any_order() -> None:
    republished = post("other", text(1), source="planet")
    own = post("blog", text(1), published=TUESDAY + timedelta(hours=5))
    assert pairs(republished, own) == {"planet": "blog"}


def test_a_credit_that_names_another_post_makes_a_copy() -> None:
    own = post("blog", text(1))
    credited = post("planet", text(2), title="Read this", origin=Credit("Blog", own.url + "/?utm_source=planet"))
    assert pairs(credited, own) == {"planet": "blog"}


def test_a_post_already_in_an_edition_stays_the_original() -> None:
    original = post("other", text(1), source="planet")
    own = post("blog", text(1))
    assert pairs(original, own, fixed=frozenset({original.id})) == {"blog": "planet"}


def test_three_copies_have_one_original() -> None:
    originals = pairs(*(post(name, text(1), published=TUESDAY + timedelta(hours=at)) for at, name in enumerate("abc")))
    assert originals == {"b": "a", "c": "a"}


def test_thousands_of_posts_are_compared_in_seconds() -> None:
    many = [
        post(f"s{number}", text(number // 2, 120), published=TUESDAY + timedelta(minutes=number))
        for number in range(2000)
    ]
    started = time.perf_counter()
    assert len(pairs(*many)) == 1000
    assert time.perf_counter() - started < 20


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=8))
def test_no_original_is_itself_a_copy(rows: list[tuple[int, int]]) -> None:
    posts = [
        post(f"s{at}", text(seed), published=TUESDAY + timedelta(days=days)) for at, (seed, days) in enumerate(rows)
    ]
    result = copies(posts, own=lambda _: True)
    assert not set(result.values()) & result.keys()
    assert result == copies(list(reversed(posts)), own=lambda _: True)
