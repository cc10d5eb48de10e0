"""The pace against simulated servers: no socket, and no second passes."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp.adaptive_pace import SEVERAL, AdaptivePace, Pauses

Server = Callable[[float], bool]
"""Whether the server accepts a message that comes at this moment."""


def window(number: int, seconds: float) -> Server:
    """So many in a window that begins with its first message. Refused ones count, too, as with Postfix's anvil."""
    began, count = -math.inf, 0

    def accepts(now: float) -> bool:
        nonlocal began, count
        if now - began >= seconds:
            began, count = now, 0
        count += 1
        return count <= number

    return accepts


def bucket(rate: float, burst: float) -> Server:
    tokens, at = burst, 0.0

    def accepts(now: float) -> bool:
        nonlocal tokens, at
        tokens, at = min(burst, tokens + (now - at) * rate), now
        if tokens < 1:
            return False
        tokens -= 1
        return True

    return accepts


@dataclass
class Run:
    seconds: float = 0.0
    refused: int = 0
    in_a_row: int = 0  # throttles, as a run counts them before it stops


def simulate(server: Server, number: int, *, workers: int = 4, reply: float = 0.01, seed: int = 0) -> Run:
    """Send `number` messages. A reply takes `reply` to twice as many seconds."""
    dice, pace, run, now = random.Random(seed), AdaptivePace(0.0), Run(), 0.0
    queued, idle, accepted = number, workers, 0
    under_way: list[tuple[float, int, int, bool]] = []
    while accepted < number:
        began = pace.ready(min(idle, queued), now)
        pace.began(began, now)
        for _ in range(began):
            arrives = now + reply / 2 * (1 + dice.random())
            leaves = arrives + reply / 2 * (1 + dice.random())
            heapq.heappush(under_way, (leaves, dice.getrandbits(60), pace.era, server(arrives)))
        idle, queued = idle - began, queued - began
        ready = now + max(pace.wait(now), 0.0005) if idle and queued else math.inf
        now = min(ready, under_way[0][0] if under_way else math.inf)
        assert now < 1e6, "it goes on"
        while under_way and under_way[0][0] <= now:
            _, _, era, good = heapq.heappop(under_way)
            idle += 1
            pace.answered()
            if good:
                accepted += 1
                pace.accepted(now, era)
            else:
                run.refused += 1
                queued += 1
                pace.throttled(now, era)
            run.in_a_row = max(run.in_a_row, pace.throttles)
    run.seconds = now
    return run


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [2, 5, 14, 40, 100])
def test_it_takes_a_tenth_longer_than_the_server_needs_at_most(rate: int, seed: int) -> None:
    """Whatever the machine would do without a limit, here 400 messages a second."""
    for server in (window(rate, 1.0), bucket(rate, rate)):
        run = simulate(server, 240 * rate if rate < 20 else 20 * rate, seed=seed)
        ideal = 240 if rate < 20 else 20
        assert run.seconds <= 1.1 * ideal
        assert run.in_a_row < 3


@given(rate=st.floats(1, 200), burst=st.floats(2, 300), workers=st.integers(1, 40), seed=st.integers(0, 1000))
@pytest.mark.thorough
def test_no_server_is_sent_to_much_slower_than_it_accepts(rate: float, burst: float, workers: int, seed: int) -> None:
    reply, number = 0.01, int(100 * rate)
    run = simulate(bucket(rate, burst), number, workers=workers, reply=reply, seed=seed)
    ours = workers / (1.6 * reply)  # messages a second without a limit
    assert run.seconds <= 10 + 1.25 * number / min(rate, ours)


def test_a_limit_of_a_minute_is_waited_for() -> None:
    """Postfix counts messages a minute (`smtpd_client_message_rate_limit`); 8 throttles in a row would stop a run."""
    run = simulate(window(30, 60.0), 300)
    assert run.in_a_row < 8
    assert run.seconds <= 1.2 * 600


def test_a_steady_limit_is_refused_less_and_less() -> None:
    early, late = (simulate(window(5, 1.0), number).refused for number in (600, 3600))
    assert late - early < 60, "in ten minutes"


@given(after=st.integers(0, 3000), seed=st.integers(0, 100))
@pytest.mark.thorough
def test_a_throttle_that_passes_is_forgotten_within_seconds(after: int, seed: int) -> None:
    """Such as one 421 when the server is restarted."""
    seen = 0

    def once(_now: float) -> bool:
        nonlocal seen
        seen += 1
        return not after < seen <= after + 4

    number = 8_000
    assert simulate(once, number, seed=seed).seconds <= simulate(lambda _now: True, number, seed=seed).seconds + 25


def test_without_throttling_there_is_no_limit() -> None:
    pace = AdaptivePace(0.0)
    for moment in range(1000):
        assert pace.ready(64, moment / 1000) == 64
        assert pace.wait(moment / 1000) == 0.0
        pace.began(64, moment / 1000)
        pace.accepted(moment / 1000, pace.era)


def test_while_throttled_one_message_at_a_time_is_tried() -> None:
    pace = AdaptivePace(0.0, Pauses(first=1.0, longest=5.0))
    pace.throttled(0.0, pace.era)
    assert pace.ready(4, 0.05) == 0
    assert pace.wait(0.05) == pytest.approx(0.05)
    assert pace.ready(4, 0.11) == 1
    pace.began(1, 0.11)
    assert pace.ready(4, 9.0) == 0, "it is under way"
    pace.answered()  # by something else than accepting or throttling, such as: no such user
    assert pace.ready(4, 9.0) == 1


def test_pauses_double_up_to_the_longest() -> None:
    pace, now, waits = AdaptivePace(0.0, Pauses(first=1.0, longest=5.0)), 0.0, []
    for _ in range(20):
        pace.throttled(now, pace.era)
        waits.append(round(pace.wait(now), 3))
        now += pace.wait(now)
    assert waits[:12] == [0.1] * 12
    assert waits[12:] == [1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0]
    assert pace.throttles == 1 + 8


def test_what_was_under_way_when_throttled_says_nothing_new() -> None:
    pace = AdaptivePace(0.0)
    for _ in range(4):
        pace.throttled(0.0, 0)
    assert (pace.era, pace.throttles) == (1, 1)
    pace.accepted(0.0, 0)
    assert pace.ready(4, 0.05) == 0, "the pause stays"


def test_several_refusals_in_a_row_without_a_reason_are_throttling() -> None:
    pace = AdaptivePace(0.0)
    assert [pace.suspect(0.0, pace.era) for _ in range(SEVERAL)] == [False] * (SEVERAL - 1) + [True]
    assert pace.ready(1, 0.05) == 0
    pace.accepted(0.2, pace.era)
    assert not pace.suspect(0.3, pace.era)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("greylisted", [0.1, 0.3])
def test_single_refusals_without_a_reason_delay_nobody(greylisted: float, seed: int) -> None:
    dice, pace, waited = random.Random(seed), AdaptivePace(0.0), 0.0
    for number in range(10_000):
        now = number * 0.005 + waited
        waited += pace.wait(now)
        if dice.random() < greylisted:
            pace.suspect(now, pace.era)
        else:
            pace.accepted(now, pace.era)
    assert waited < 2.5
