"""Which bounces are so many alike that they suppress nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.bounce_brake import ALL, Bounced, BounceGroup, groups_of

SHARE = 0.05


def bounced(number: int, *, cause: str = "mailbox", domain: str = "", suppresses: bool = True) -> list[Bounced]:
    """So many bounces, each at a domain of its own unless one is named."""
    return [Bounced(one, cause, domain or f"d{one}.example", suppresses) for one in range(number)]


def names(bounces: list[Bounced], recipients: int, at: Callable[[str], int] = lambda _domain: 1) -> list[str]:
    return [group.name for group in groups_of(bounces, recipients=recipients, recipients_at=at, share=SHARE)]


@pytest.mark.parametrize(
    ("number", "recipients", "expected"),
    [
        (3, 60, []),  # a small list: three addresses that are gone
        (4, 60, []),
        (5, 60, [ALL]),
        (2, 2, []),
        (3, 4, [ALL]),  # most of a tiny list
        (3, 6, []),
        (10, 200, []),
        (11, 200, [ALL]),
        (150, 1000, [ALL]),  # the first edition to an old list
        (40, 1000, []),
    ],
)
def test_share_of_the_list(number: int, recipients: int, expected: list[str]) -> None:
    assert names(bounced(number), recipients) == expected


@pytest.mark.parametrize("cause", ["policy", "sender", "content", "size", "protocol", "throttled"])
def test_many_that_are_about_us_are_a_sign_even_if_they_suppress_nobody(cause: str) -> None:
    assert names(bounced(11, cause=cause, suppresses=False), 1000) == [cause]
    assert names(bounced(10, cause=cause, suppresses=False), 1000) == []


@pytest.mark.parametrize("cause", ["domain", "network", "unknown"])
def test_a_fifth_of_the_share_where_the_network_may_be_the_cause(cause: str) -> None:
    assert names(bounced(11, cause=cause), 1000) == [cause]
    assert names(bounced(10, cause=cause), 1000) == []
    assert names(bounced(500, cause=cause, suppresses=False), 1000) == []
    assert names(bounced(11), 1000) == []


def test_one_provider_that_blocks_us_with_the_words_for_an_unknown_address() -> None:
    few_of_the_list = bounced(400, domain="big.example")
    others = [Bounced(1000 + one, "mailbox", f"d{one}.example", True) for one in range(30)]
    groups = groups_of(few_of_the_list + others, recipients=10_000, recipients_at=lambda _domain: 500, share=SHARE)
    assert groups == [BounceGroup("big.example", tuple(range(400)))]


def test_a_few_of_many_at_one_domain_are_no_group() -> None:
    assert names(bounced(12, domain="big.example"), 10_000, lambda _domain: 3_000) == []
    assert names(bounced(5, domain="small.example"), 10_000, lambda _domain: 5) == ["small.example"]
    assert names(bounced(4, domain="small.example"), 10_000, lambda _domain: 4) == []


def test_soft_bounces_that_suppress_nobody_are_no_group() -> None:
    assert names(bounced(500, cause="full", suppresses=False), 1000) == []


BOUNCES = st.lists(
    st.tuples(st.sampled_from(["mailbox", "policy", "domain", "full"]), st.sampled_from("abcdef"), st.booleans()),
    max_size=80,
).map(lambda rows: [Bounced(number, *row) for number, row in enumerate(rows)])


@given(BOUNCES, st.integers(1, 1_000))
def test_never_more_than_the_share_are_suppressed_at_once(bounces: list[Bounced], recipients: int) -> None:
    groups = groups_of(bounces, recipients=recipients, recipients_at=lambda _domain: recipients, share=SHARE)
    members = [number for group in groups for number in group.ids]
    assert len(members) == len(set(members))
    suppressed = [one for one in bounces if one.suppresses and one.id not in members]
    assert len(suppressed) <= max(4, recipients * SHARE)


@given(BOUNCES, st.integers(1, 1_000))
def test_the_order_of_reports_makes_no_difference(bounces: list[Bounced], recipients: int) -> None:
    def members(rows: list[Bounced]) -> set[int]:
        groups = groups_of(rows, recipients=recipients, recipients_at=ord, share=SHARE)
        return {number for group in groups for number in group.ids}

    assert members(bounces) == members(bounces[::-1])
