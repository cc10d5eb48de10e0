"""Which sources or posts a machine takes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digest.steps.part import WHOLE, Part, in_part

THINGS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 99)), max_size=60)


def host(thing: tuple[str, int]) -> str:
    return thing[0]


@given(THINGS, st.integers(1, 9))
def test_all_parts_together_are_everything_and_a_group_is_in_one_part(things: list[tuple[str, int]], of: int) -> None:
    parts = [in_part(things, Part(number, of), group=host) for number in range(1, of + 1)]
    assert sum(map(Counter, parts), Counter()) == Counter(things)
    hosts = [set(map(host, part)) for part in parts]
    assert sum(map(len, hosts)) == len(set().union(*hosts))


@given(THINGS, st.integers(1, 9))
def test_parts_are_about_equal(things: list[tuple[str, int]], of: int) -> None:
    sizes = [len(in_part(things, Part(number, of), group=host)) for number in range(1, of + 1)]
    largest_group = max(Counter(map(host, things)).values(), default=0)
    assert max(sizes) - min(sizes) <= largest_group


@given(THINGS)
def test_the_whole_is_in_its_own_order(things: list[tuple[str, int]]) -> None:
    assert in_part(things, WHOLE, group=host) == things
