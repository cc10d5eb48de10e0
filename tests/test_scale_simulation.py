"""The simulation behind docs/scale.md is sane, and the page has its table."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks import simulate_scale
from benchmarks.simulate_scale import CASES, Case, sending, simulate, visiting

MILLION = Case(1_000_000, 10_000, 1)


@pytest.mark.thorough
def test_the_page_has_the_table_of_this_simulation() -> None:
    assert simulate_scale.table() in simulate_scale.PAGE.read_text("utf-8")


def test_the_same_seed_gives_the_same_week() -> None:
    assert simulate(CASES[1], 7) == simulate(CASES[1], 7)


def test_nothing_is_sent_faster_than_the_server_allows() -> None:
    seconds, limit = sending(replace(MILLION, machines=4, rate=100.0), random.Random(1))
    assert (seconds, limit) == (10_000.0, "the mail server's rate")


def test_with_few_connections_they_are_the_limit_and_twice_as_many_take_half_the_time() -> None:
    few, limit = sending(replace(MILLION, connections=8), random.Random(1))
    twice, _ = sending(replace(MILLION, machines=2, connections=16), random.Random(1))
    assert limit == "connections"
    assert 1.8 < few / twice < 2.2
    # A connection is busy for somewhat more than the server's median time.
    assert few > MILLION.subscribers / 8 * simulate_scale.SERVER_SECONDS


def test_more_machines_never_take_longer_to_collect() -> None:
    one, four = (simulate_scale.collecting(2_000, machines, random.Random(3)) for machines in (1, 4))
    assert four < one / 1.5


def test_every_visit_takes_its_time_and_none_of_a_host_at_once() -> None:
    seconds = visiting([40], 0.0, random.Random(5))  # one host, two visits at a time
    assert seconds > 20 * simulate_scale.HOST_SECONDS / 2
    assert visiting([3] * 20, 0.0, random.Random(5)) < seconds / 2  # many hosts at once
