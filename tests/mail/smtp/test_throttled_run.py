"""Runs against real servers that take only so many messages a second, or so many connections."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from digest.mail.smtp.adaptive_pace import Pauses
from digest.mail.smtp.classify_reply import BackOff
from digest.mail.smtp.outbox import Tally
from digest.mail.smtp.rate_limit import Patience
from digest.model import DeliveryCounts
from digest.store import deliveries
from digest.store.engine import Store
from tests.mail.smtp.smtp_server import serving
from tests.mail.smtp.test_outbox import MAILING, Bench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("store_url", ["sqlite"], indirect=True),  # the database makes no difference here
]


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


class OnlySoMany:
    """Refuses what is more than `most` in a second, as Amazon SES does: after the message, without an enhanced code."""

    def __init__(self, most: int, verb: str = "END", answer: str = "") -> None:
        self.most = most
        self.verb = verb
        self.answer = answer or "454 Throttling failure: Maximum sending rate exceeded."
        self.refused = 0
        self._second = 0.0
        self._number = 0

    def __call__(self, verb: str, _about: str) -> str | None:
        if verb != self.verb:
            return None
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._number = now, 0
        self._number += 1
        if self._number <= self.most:
            return None
        self.refused += 1
        return self.answer


@pytest.mark.parametrize(
    ("subscribers", "rate", "most_time"),
    [(400, 75, 2.0), pytest.param(1_200, 5, 1.25, marks=[pytest.mark.thorough, pytest.mark.timeout(600)])],
)
def test_everyone_is_sent_to_through_a_server_that_throttles(
    bench: Bench, subscribers: int, rate: int, most_time: float
) -> None:
    """Within the time that this rate takes, and a little more; nobody is deferred, for it is about none of them.

    A short run takes longer, for it begins with finding the rate; so does a busy machine.
    """
    bench.queue(*(f"r{number}" for number in range(subscribers)))
    server_rule = OnlySoMany(rate)
    with serving(refuse=server_rule) as server:
        started = time.monotonic()
        tally = bench.send(server, connections=4, patience=Patience())
        seconds = time.monotonic() - started
        assert tally == Tally(sent=subscribers)
        assert sorted(server.copies().values()) == [1] * subscribers
    assert seconds < most_time * subscribers / rate
    assert server_rule.refused < subscribers / 4
    with bench.store.reading() as connection:
        assert {one.attempts for one in deliveries.stream(connection, mailing=MAILING)} == {1}


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("RCPT", "450 Too many recipient attempts"),
        pytest.param("MAIL", "450 4.7.1 too much mail", marks=pytest.mark.thorough),
        pytest.param("END", "451 later", marks=pytest.mark.thorough),
    ],
)
def test_throttling_by_other_words_defers_nobody(bench: Bench, verb: str, answer: str) -> None:
    bench.queue(*(f"r{number}" for number in range(150)))
    with serving(refuse=OnlySoMany(50, verb, answer)) as server:
        assert bench.send(server, patience=Patience()) == Tally(sent=150)


@pytest.mark.thorough
def test_throttling_without_a_word_slows_the_run(bench: Bench) -> None:
    """A 450 for one subscriber is about that subscriber; ten in a row are about us."""
    bench.queue(*(f"r{number}" for number in range(300)))
    with serving(refuse=OnlySoMany(50, "RCPT", "450 later")) as server:
        tally = bench.send(server, patience=Patience())
        assert tally.stopped == ""
        assert tally.failed == 0
        assert tally.sent > 200
        for _ in range(4):
            bench.clock.now += timedelta(hours=4)
            time.sleep(1)  # for the server
            bench.send(server, patience=Patience())
    assert bench.counts == DeliveryCounts(sent=300)


@pytest.mark.parametrize("others", [0, 30])
def test_a_subscriber_who_is_always_refused_after_the_message_is_deferred(bench: Bench, others: int) -> None:
    """Else each run would try them, and no run would give up."""
    bench.queue("busy", *(f"r{number}" for number in range(others)))
    with serving() as server:
        server.order("END", "451 later", about="busy@", times=1000)
        patience = Patience(pauses=Pauses(first=2.0, longest=0.01))
        assert bench.send(server, patience=patience) == Tally(sent=others, deferred=1)


def test_the_deadline_does_not_count_our_throttling(bench: Bench) -> None:
    bench.queue("r1", "r2")
    patience = Patience(throttles=3, pauses=Pauses(first=0.01, longest=0.01))
    back_off = BackOff(deadline=timedelta(hours=3))
    with serving() as server:
        server.order("END", "454 Throttling failure: Daily message quota exceeded.", times=1000)
        for _ in range(4):
            assert "throttled us 3 times" in bench.send(server, patience=patience, back_off=back_off).stopped
            bench.clock.now += timedelta(hours=2)
        assert bench.counts == DeliveryCounts(queued=2)
        server.orders.clear()
        server.order("RCPT", "450 4.2.1 busy", about="r1")
        assert bench.send(server, patience=patience, back_off=back_off) == Tally(sent=1, deferred=1)
        bench.clock.now += timedelta(hours=1)
        assert bench.send(server, patience=patience, back_off=back_off) == Tally(sent=1)


def test_a_limit_for_each_connection_is_met_by_new_ones(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(10)))
    taken: dict[int, int] = {}

    def refuse(verb: str, _about: str) -> str | None:
        taken[server.sessions] = taken.get(server.sessions, 0) + (verb == "RCPT")
        return "450 Too many recipient attempts" if verb == "RCPT" and taken[server.sessions] > 3 else None

    with serving(refuse=refuse) as server:
        patience = Patience(pauses=Pauses(first=0.05, longest=0.2))
        assert bench.send(server, connections=1, patience=patience) == Tally(sent=10)
        assert 4 <= server.sessions <= 6


def test_a_limit_of_connections_does_not_slow_the_run(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(400)))

    def full(verb: str, _about: str) -> str | None:
        too_many = verb == "CONNECT" and len(server._open) > 2
        return "421 4.7.0 Too many connections" if too_many else None

    with serving(refuse=full, delay=lambda: 0.001) as server:
        started = time.monotonic()
        assert bench.send(server, connections=6, patience=Patience()) == Tally(sent=400)
        assert time.monotonic() - started < 10


@pytest.mark.thorough
def test_our_own_idle_connections_are_not_counted_as_throttling(bench: Bench) -> None:
    """While the run is paused, one worker tries alone: where it has no connection, idle ones of ours may be all that
    the server allows."""
    bench.queue(*(f"r{number}" for number in range(8)))

    def full(verb: str, _about: str) -> str | None:
        too_many = verb == "CONNECT" and len(server._open) > 2
        return "421 4.7.0 Too many connections" if too_many else None

    with serving(refuse=full, delay=lambda: 0.001) as server:
        server.order("END", "454 Throttling failure: Maximum sending rate exceeded.", times=4)
        patience = Patience(longest_wait=0.02, pauses=Pauses(first=0.02, longest=0.05))
        assert bench.send(server, connections=6, patience=patience) == Tally(sent=8)
