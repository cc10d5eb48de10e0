"""How several runs share connections and rates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp.allotment import NOTHING, Allotment, SharedWorkers, split
from digest.mail.smtp.domain_limits import DomainLanes
from digest.mail.smtp.rate_limit import TokenBucket


@given(st.integers(1, 64), st.integers(1, 64))
def test_all_parts_together_are_the_whole(connections: int, living: int) -> None:
    parts = [split(connections, place=place, living=living) for place in range(living)]
    assert sum(part.connections for part in parts) == connections
    used = [part for part in parts if part.connections]
    assert abs(sum(part.fraction for part in used) - 1) < 1e-9
    assert max(part.connections for part in used) - min(part.connections for part in used) <= 1


def test_runs_without_a_connection_wait() -> None:
    assert [split(2, place=place, living=3) for place in range(3)] == [Allotment(1, 0.5), Allotment(1, 0.5), NOTHING]


def test_connections_of_others_are_closed_those_idle_longest_first() -> None:
    now = [Allotment(4)]
    workers = SharedWorkers(lambda: now[0])
    assert workers.changed()
    assert workers.room([0, 1, 2, 3], []) == 4
    assert workers.surplus([], {0, 1, 2, 3}) == []
    now[0] = Allotment(2, 0.5)
    assert workers.changed()
    assert not workers.changed()
    assert workers.room([0, 1], [2, 3]) == 0
    assert workers.surplus([0, 1], {0, 1, 2, 3}) == [0, 1]
    assert workers.surplus([0, 1, 2], {2, 3}) == []  # those closed are not closed again
    assert workers.room([0, 1, 2], [3]) == 1
    now[0] = NOTHING
    assert workers.changed()
    assert workers.room([0, 1, 2], [3]) == 0
    assert workers.surplus([0, 1, 2], {2, 3}) == [2]


@given(st.lists(st.tuples(st.floats(0.1, 50), st.floats(0.01, 5)), min_size=1, max_size=20))
def test_a_bucket_whose_rate_changes_gives_no_more_than_its_rates_allow(steps: list[tuple[float, float]]) -> None:
    bucket, now, allowed, taken = TokenBucket(1.0, 0.0), 0.0, 1.0, 0
    for rate, seconds in steps:
        bucket.limit_to(rate, now)
        now += seconds
        allowed += rate * seconds
        taken += bucket.take(1000, now)
    assert taken <= allowed + 1e-6


def test_limits_of_domains_are_shared() -> None:
    lanes = DomainLanes({"example.org": 10.0}, 0.0)
    lanes.limit_to(0.5, 0.0)
    lanes.record([""], [""], 0.0)  # nobody else is queued
    assert sum(lanes.take(100, second / 10).get("example.org", 0) for second in range(1, 101)) <= 51
