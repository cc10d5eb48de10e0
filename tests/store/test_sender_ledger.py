"""What a sender's ledger claims from which lane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model import Mailing
from digest.store import deliveries, leases, subscribers
from digest.store.engine import Store
from digest.store.sender_ledger import SenderLedger
from digest.store.subscribers import NewSubscriber

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
MAILING = Mailing.parse("2019-W12")
BIG = ["ada@big.example", "bob@big.example"]
OTHERS = ["ada@notbig.example", "ada@x.big.example", "ada@big.example.org", "big.example@small.example"]


def ledger_for(store: Store) -> SenderLedger:
    with store.writing() as connection:
        subscribers.add_many(connection, [NewSubscriber(one, one, one) for one in [*OTHERS, *BIG]], now=NOW)
        assert deliveries.queue(connection, MAILING, now=NOW) == len(OTHERS) + len(BIG)
    return SenderLedger(
        store,
        MAILING,
        by=leases.claimant(),
        clock=lambda: NOW,
        lease=timedelta(minutes=15),
        message_id=lambda subscriber: f"<{subscriber}@digest.example>",
        capped=["big.example"],
    )


def test_a_domain_lane_has_only_addresses_at_that_very_domain(store: Store) -> None:
    with ledger_for(store) as ledger:
        step = ledger.step([], [], {"big.example": 10})
    assert sorted(claim.email for claim in step.claims) == BIG
    assert step.empty == {"big.example"}


def test_the_rest_has_all_other_addresses(store: Store) -> None:
    with ledger_for(store) as ledger:
        step = ledger.step([], [], {"": 10})
    assert sorted(claim.email for claim in step.claims) == sorted(OTHERS)
    assert step.empty == {""}
