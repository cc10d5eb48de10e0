"""Order by hand does what it says: what is shown afterwards is what was shown before, with one post moved."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from digest.edition.editing.change import Change, Verb
from digest.edition.editing.order import with_hidden
from tests.edition.editing.desk import Desk
from tests.edition.test_compose import TEXT, candidate

_NAMES = [f"{number:03}" for number in range(60)]


def week_of(chance: random.Random, most: int) -> Desk:
    """A theme of up to `most` posts with a second one beside it, with summaries and without."""
    size = chance.randrange(1, most + 1)
    posts = [
        candidate(
            name,
            "comms" if number < size else "recruitment",
            text=TEXT if chance.random() < 0.8 else "",
            source=f"Source {chance.randrange(9)}",
        )
        for number, name in enumerate(_NAMES[: size + 5])
    ]
    return Desk(posts, per_theme=chance.randrange(1, 12))


@given(st.integers(0, 100_000), st.sampled_from([1, 3, 12, 40]))
def test_a_post_goes_exactly_where_it_is_put(seed: int, most: int) -> None:
    chance = random.Random(seed)
    desk = week_of(chance, most)
    for _ in range(chance.randrange(1, 6)):
        _shake(desk, chance)
        before, lead = desk.line("comms"), desk.state.arrangement.lead
        lengths = {post.id: post.short for post in desk.edition.posts}
        if not before:
            continue
        moved, place = chance.choice(before), chance.randrange(len(before))
        expected = [post for post in before if post != moved]
        expected.insert(place, moved)
        by_neighbour = chance.random() < 0.5 and place + 1 < len(expected)
        desk.make(Change(Verb.PLACE, moved, place=place, before=expected[place + 1] if by_neighbour else ""))
        assert desk.line("comms") == expected
        if desk.state.arrangement.lead == lead:  # the lead has a summary whatever the limits say
            assert {post.id: post.short for post in desk.edition.posts} == lengths


def _shake(desk: Desk, chance: random.Random) -> None:
    """Do something else in between, so that orders are there already, with gaps and late posts."""
    line = desk.line("comms")
    if not line:
        return
    verb = chance.choice([Verb.PIN, Verb.DROP, Verb.MOVE, Verb.LEAD, Verb.SHORT, Verb.UP, Verb.DOWN, Verb.HOLD])
    desk.make(Change(verb, chance.choice(line), theme="recruitment"))


@given(st.integers(0, 100_000))
def test_a_post_goes_to_its_place_in_another_theme(seed: int) -> None:
    chance = random.Random(seed)
    desk = week_of(chance, 12)
    moved = chance.choice(desk.line("comms"))
    if chance.random() < 0.3:
        desk.make(Change(Verb.LEAD, moved))
    target, left = desk.line("recruitment"), desk.line("comms")
    place = chance.randrange(len(target) + 1)
    desk.make(Change(Verb.PLACE, moved, theme="recruitment", place=place))
    assert desk.line("recruitment") == [*target[:place], moved, *target[place:]]
    assert desk.line("comms") == [post for post in left if post != moved]


@given(st.integers(0, 100_000))
def test_up_and_down_change_places_with_the_neighbour(seed: int) -> None:
    chance = random.Random(seed)
    desk = week_of(chance, 20)
    line = desk.line("comms")
    index = chance.randrange(len(line))
    desk.make(Change(Verb.DOWN, line[index]))
    assert desk.line("comms").index(line[index]) == min(index + 1, len(line) - 1)
    assert set(desk.line("comms")) == set(line)
    desk.make(Change(Verb.UP, line[index]))
    if index + 1 < len(line):
        assert desk.line("comms") == line


def test_late_posts_follow_and_a_dropped_one_returns_to_its_place() -> None:
    desk = Desk([candidate(name) for name in "abcd"], per_theme=9)
    line = desk.line("comms")
    desk.make(Change(Verb.PLACE, line[3], place=1))
    ordered = desk.line("comms")
    desk.make(Change(Verb.DROP, ordered[1]))
    desk.make(Change(Verb.PLACE, ordered[0], place=2))
    assert desk.line("comms") == [ordered[2], ordered[3], ordered[0]]
    desk.candidates = [*desk.candidates, candidate("zz")]
    assert desk.line("comms")[-1] == candidate("zz").post.id
    desk.make(Change(Verb.RESTORE, ordered[1]))
    assert set(desk.line("comms")[:4]) == set(line)
    desk.make(Change(Verb.UNPLACE, line[0]))
    assert [post for post in desk.line("comms") if post != candidate("zz").post.id] == line


def test_hidden_posts_stay_behind_what_they_stood_behind() -> None:
    assert with_hidden(["a", "c"], ["a", "b", "c"]) == ["a", "b", "c"]
    assert with_hidden(["c", "a"], ["x", "a", "b", "c"]) == ["x", "c", "a", "b"]
    assert with_hidden(["a"], []) == ["a"]


def test_themes_are_put_in_order_and_the_lead_keeps_its_own_first() -> None:
    desk = Desk([candidate("a"), candidate("b", "recruitment"), candidate("c", "elsewhere")])
    desk.make(Change(Verb.THEMES, themes=("elsewhere", "recruitment")))
    assert [section.theme for section in desk.edition.sections] == ["elsewhere", "recruitment", "comms"]
    desk.make(Change(Verb.LEAD, candidate("a").post.id))
    assert [section.theme for section in desk.edition.sections] == ["comms", "elsewhere", "recruitment"]
    desk.make(Change(Verb.THEMES, themes=("recruitment", "comms")))
    assert [section.theme for section in desk.edition.sections] == ["recruitment", "comms", "elsewhere"]
    assert desk.edition.lead == "", "who puts another theme first takes the lead away"
    desk.make(Change(Verb.THEMES))
    assert [section.theme for section in desk.edition.sections] == ["comms", "recruitment", "elsewhere"]
