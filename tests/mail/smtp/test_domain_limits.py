"""Caps for the domains of subscribers."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp.domain_limits import REST, DomainLanes
from digest.mail.smtp.outbox import Outbox, OutboxRules, Tally
from digest.mail.smtp.sender_pool import SenderPool
from digest.model import Mailing
from digest.store import deliveries, leases, subscribers
from digest.store.engine import Store
from digest.store.sender_ledger import SenderLedger
from digest.store.subscribers import NewSubscriber
from digest.week import Week
from tests.mail.smtp.sender_setup import LoopbackSetup, message_id
from tests.mail.smtp.smtp_server import DROP, serving

pytestmark = pytest.mark.slow

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)


def test_a_limited_domain_does_not_slow_the_others() -> None:
    lanes = DomainLanes({"big.example": 2.0}, 0.0)
    assert lanes.take(5, 0.0) == {"big.example": 1, REST: 4}
    assert lanes.take(5, 0.1) == {REST: 5}
    assert lanes.wait(0.1) == 0.0
    lanes.record([REST], [REST], 0.1)
    assert (lanes.available(0.1), lanes.take(5, 0.1)) == (0, {})
    assert math.isclose(lanes.wait(0.1), 0.4)
    assert lanes.take(5, 0.5) == {"big.example": 1}
    assert not lanes.exhausted
    lanes.record(["big.example"], ["big.example"], 0.5)
    assert lanes.exhausted
    lanes.refill(lanes.lane_of("ada@BIG.example"))
    assert not lanes.exhausted
    assert lanes.take(5, 1.0) == {"big.example": 1}, "nobody else came back"


def test_a_lane_has_only_addresses_at_that_very_domain() -> None:
    lanes = DomainLanes({"big.example": 2.0}, 0.0)
    assert lanes.lane_of("ada@big.example") == "big.example"
    for email in ("ada@notbig.example", "ada@x.big.example", "ada@big.example.org", "big.example@small.example"):
        assert lanes.lane_of(email) == REST


def test_deferred_deliveries_are_tried_again_while_a_limited_lane_goes_on() -> None:
    lanes = DomainLanes({"big.example": 1.0, "nobody.example": 5.0}, 0.0)
    lanes.record([REST, "nobody.example"], [REST, "nobody.example"], 0.0)
    assert lanes.take(5, 10.0) == {"big.example": 1}
    later = DomainLanes.LOOK_AGAIN + 1.0
    assert lanes.wait(later) == 0.0
    assert lanes.take(9, later) == {"big.example": 1, "nobody.example": 5, REST: 3}
    lanes.record([REST, "nobody.example"], [REST, "nobody.example"], later)
    assert lanes.take(9, later + 1.0) == {"big.example": 1}
    lanes.record(["big.example"], ["big.example"], later + 1.0)
    assert lanes.exhausted
    assert (lanes.available(9999.0), lanes.take(9, 9999.0)) == (0, {}), "nobody waits anywhere: the run ends"


@given(
    rates=st.dictionaries(st.sampled_from(["a.example", "b.example"]), st.floats(0.5, 50), min_size=1),
    requests=st.lists(st.tuples(st.floats(0, 2), st.integers(0, 30)), max_size=60),
)
def test_no_limit_is_exceeded_and_all_places_are_granted(
    rates: dict[str, float], requests: list[tuple[float, int]]
) -> None:
    lanes = DomainLanes(rates, 0.0)
    now, total = 0.0, dict.fromkeys(rates, 0)
    for pause, number in requests:
        now += pause
        granted = lanes.take(number, now)
        assert sum(granted.values()) == number, "the rest takes what the caps leave"
        for domain in rates:
            total[domain] += granted.get(domain, 0)
            # Up to one second's worth may be saved up, and one message may always go.
            assert total[domain] <= 1 + rates[domain] * now + 1e-6
    assert all(count <= 1 + rates[domain] * now + 1e-6 for domain, count in total.items())


def queue_for(store: Store, emails: list[str]) -> None:
    now = datetime.now(UTC)
    with store.writing() as connection:
        subscribers.add_many(connection, [NewSubscriber(one, one, one) for one in emails], now=now)
        assert deliveries.queue(connection, MAILING, now=now) == len(emails)


def send_with(store: Store, port: int, caps: dict[str, float]) -> Tally:
    def clock() -> datetime:
        return datetime.now(UTC)

    ledger = SenderLedger(
        store,
        MAILING,
        by=leases.claimant(),
        clock=clock,
        lease=timedelta(minutes=15),
        message_id=message_id,
        capped=caps,
    )
    pool = SenderPool(LoopbackSetup((port,)), connections=3)
    return Outbox(ledger, pool, rules=OutboxRules(per_domain=caps), clock=clock).run()


def test_all_are_sent_and_a_limited_domain_keeps_its_rate(store: Store) -> None:
    capped = [f"r{n}@big.example" for n in range(5)]
    # Neither a domain with the same ending nor a subdomain has the limit.
    others = [f"r{n}@{domain}" for n in range(8) for domain in ("small.example", "notbig.example", "sub.big.example")]
    queue_for(store, [*capped, *others])
    with serving() as server:
        started = time.monotonic()
        assert send_with(store, server.port, {"big.example": 10.0}) == Tally(sent=29)
        seconds = time.monotonic() - started
    assert sorted(server.copies().values()) == [1] * 29
    assert seconds >= 0.4, "the first at once, then one every tenth of a second"


def test_a_deferred_message_is_tried_again_in_its_lane(store: Store) -> None:
    queue_for(store, ["ada@big.example", "bo@small.example"])
    with serving() as server:
        server.order("MAIL", DROP, times=2)
        assert send_with(store, server.port, {"big.example": 50.0}).sent == 2
    assert sorted(server.copies().values()) == [1, 1]
