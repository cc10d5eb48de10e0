"""What a sender's transitions leave in each delivery: who is claimed, what is recorded, whom a sweep settles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from digest.model import (
    Claim,
    Delivery,
    DeliveryResult,
    DeliveryState,
    Mailing,
    Reply,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from digest.store import claims, deliveries, subscribers
from digest.store.claims import ClaimBatch
from digest.store.engine import Store
from digest.store.schema import deliveries as table
from digest.store.subscribers import NewSubscriber

MAILING = Mailing.parse("2019-W12")
NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LEASE = timedelta(minutes=15)


def queue(store: Store, *emails: str) -> None:
    new = [
        NewSubscriber(email, email, f"hash of {email}", f"Name of {email}", ("data", "comms"), "de") for email in emails
    ]
    with store.writing() as connection:
        subscribers.add_many(connection, new, now=NOW)
        assert deliveries.queue(connection, MAILING, now=NOW) == len(emails)


def claim(
    connection: Connection,
    limit: int = 10,
    *,
    by: str = "sender",
    now: datetime = NOW,
    after: int = 0,
    state: DeliveryState = DeliveryState.QUEUED,
) -> ClaimBatch:
    return claims.claim(
        connection,
        MAILING,
        limit,
        by=by,
        now=now,
        lease=LEASE,
        message_id=lambda subscriber: f"<{subscriber}@digest.example>",
        after=after,
        state=state,
    )


def rows(connection: Connection) -> list[Delivery]:
    return list(deliveries.stream(connection, mailing=MAILING))


def test_a_claim_has_all_that_its_message_is_addressed_with(store: Store) -> None:
    queue(store, "ada@example.org")
    with store.writing() as connection:
        (row,) = rows(connection)
        batch = claim(connection)
        assert batch == ClaimBatch(
            [
                Claim(
                    row.id,
                    row.subscriber,
                    "ada@example.org",
                    "Name of ada@example.org",
                    ("data", "comms"),
                    "de",
                    attempts=0,
                    first_at=NOW,
                    message_id=f"<{row.subscriber}@digest.example>",
                )
            ],
            suppressed=0,
            last=row.id,
        )
        stored = connection.execute(select(table)).one()
        assert (stored.state, stored.claimed_by, stored.lease_until) == ("sending", "sender", NOW + LEASE)
        assert (stored.first_at, stored.message_id) == (NOW, f"<{row.subscriber}@digest.example>")


def test_claims_are_taken_in_order_as_many_as_asked_for_and_beyond_an_id(store: Store) -> None:
    queue(store, *(f"r{number}@example.org" for number in range(5)))
    with store.writing() as connection:
        ids = [row.id for row in rows(connection)]
        assert [each.id for each in claim(connection, 2).claims] == ids[:2]
        assert [each.id for each in claim(connection, 2, after=ids[2]).claims] == ids[3:]
        assert [each.id for each in claim(connection).claims] == ids[2:3]
        assert claim(connection) == ClaimBatch([], 0, 0)


@pytest.mark.parametrize("reason", ["erased", "left", "paused", "pending", "complaint"])
def test_a_subscriber_who_left_since_queueing_is_suppressed_with_the_reason(store: Store, reason: str) -> None:
    queue(store, "ada@example.org", "bo@example.org")
    with store.writing() as connection:
        ada, bo = rows(connection)
        if reason == "erased":
            subscribers.erase(connection, ada.subscriber)
        elif reason == "complaint":
            complaint = Suppression(SuppressionReason.COMPLAINT)
            subscribers.suppress(connection, ["hash of ada@example.org"], complaint, at=NOW)
        else:
            subscribers.change(connection, ada.subscriber, status=SubscriberStatus(reason))
        batch = claim(connection, now=LATER)
        assert [each.id for each in batch.claims] == [bo.id]
        assert (batch.suppressed, batch.last) == (1, bo.id)
        first, second = rows(connection)
        assert (first.state, first.attempts, first.updated_at) == (DeliveryState.SUPPRESSED, 0, LATER)
        assert first.reply == Reply(0, text=reason)
        assert second.state is DeliveryState.SENDING


def test_a_result_stores_the_reply_and_counts_the_attempt(store: Store) -> None:
    queue(store, "ada@example.org")
    with store.writing() as connection:
        (ada,) = claim(connection).claims
        deferred = Reply(451, "4.7.1", "later", "")
        claims.record(
            connection, [DeliveryResult(ada.id, DeliveryState.DEFERRED, deferred, LATER)], by="sender", now=NOW
        )
        (row,) = rows(connection)
        assert (row.state, row.attempts, row.reply) == (DeliveryState.DEFERRED, 1, deferred)

        assert claim(connection, now=LATER - timedelta(seconds=1), state=DeliveryState.DEFERRED).claims == []
        (again,) = claim(connection, now=LATER, state=DeliveryState.DEFERRED).claims
        assert (again.attempts, again.first_at) == (1, NOW)
        accepted = Reply(250, "2.0.0", "ok", "4ABC")
        claims.record(connection, [DeliveryResult(ada.id, DeliveryState.SENT, accepted)], by="sender", now=LATER)
        (row,) = rows(connection)
        assert (row.state, row.attempts, row.reply, row.updated_at) == (DeliveryState.SENT, 2, accepted, LATER)
        stored = connection.execute(select(table)).one()
        assert (stored.lease_until, stored.not_before, stored.first_at) == (None, None, NOW)


def test_results_with_and_without_a_next_attempt_are_recorded_together(store: Store) -> None:
    queue(store, "ada@example.org", "bo@example.org")
    with store.writing() as connection:
        ada, bo = claim(connection).claims
        too_long = "4.7." + "1" * 30
        results = [
            DeliveryResult(ada.id, DeliveryState.DEFERRED, Reply(451, too_long, "later"), LATER),
            DeliveryResult(bo.id, DeliveryState.FAILED, Reply(550, "5.1.1", "unknown")),
        ]
        claims.record(connection, results, by="sender", now=NOW)
        assert [row.state for row in rows(connection)] == [DeliveryState.DEFERRED, DeliveryState.FAILED]
        stored = connection.execute(select(table).order_by(table.c.id)).all()
        assert [row.not_before for row in stored] == [LATER, None]
        assert [row.reply_enhanced for row in stored] == [too_long[:16], "5.1.1"], "as long as the column"


def test_only_its_claimant_settles_or_releases_a_claim(store: Store) -> None:
    queue(store, "ada@example.org")
    with store.writing() as connection:
        (ada,) = claim(connection).claims
        sent = [DeliveryResult(ada.id, DeliveryState.SENT, Reply(250))]
        claims.record(connection, sent, by="another", now=NOW)
        claims.release(connection, [ada.id], by="another", now=NOW)
        assert rows(connection)[0].state is DeliveryState.SENDING
        claims.release(connection, [ada.id], by="sender", now=LATER)
        (row,) = rows(connection)
        assert (row.state, row.attempts, row.updated_at) == (DeliveryState.QUEUED, 0, LATER)
        claims.record(connection, sent, by="sender", now=NOW)
        assert rows(connection)[0].state is DeliveryState.QUEUED, "it no longer holds the claim"


def test_a_late_result_settles_what_a_sweep_called_uncertain(store: Store) -> None:
    queue(store, "ada@example.org")
    with store.writing() as connection:
        (ada,) = claim(connection).claims
        assert claims.sweep(connection, MAILING, now=NOW + LEASE, is_dead=lambda _by: False).uncertain == 1
        sent = [DeliveryResult(ada.id, DeliveryState.SENT, Reply(250, "2.0.0", "ok"))]
        claims.record(connection, sent, by="sender", now=LATER)
        (row,) = rows(connection)
        assert (row.state, row.reply) == (DeliveryState.SENT, Reply(250, "2.0.0", "ok"))
        claims.release(connection, [ada.id], by="sender", now=LATER)
        assert rows(connection)[0].state is DeliveryState.SENT
        assert claims.sweep(connection, MAILING, now=LATER, is_dead=lambda _by: True).uncertain == 0


def test_a_sweep_counts_the_attempt_and_ends_the_lease(store: Store) -> None:
    queue(store, "ada@example.org", "bo@example.org")
    with store.writing() as connection:
        claim(connection, 1, by="dead")
        claim(connection, 1, by="alive")
        assert claims.sweep(connection, MAILING, now=NOW, is_dead=lambda by: by == "dead").uncertain == 1
        stored = connection.execute(select(table).order_by(table.c.id)).all()
        assert [(row.state, row.attempts, row.lease_until) for row in stored] == [
            ("uncertain", 1, None),
            ("sending", 0, NOW + LEASE),
        ]
