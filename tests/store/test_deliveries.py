"""Deliveries: after any events in any order every subscriber has one state and none gets a mail twice."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import Connection

from digest.model import (
    DeliveryCounts,
    DeliveryResult,
    DeliveryState,
    Mailing,
    Reply,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from digest.store import claims, deliveries, subscriber_list, subscribers
from digest.store.claims import Sweep
from digest.store.engine import Store, open_store
from digest.store.subscribers import NewSubscriber
from digest.week import Week

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
CORRECTION = Mailing(MAILING.week, 1)
NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
SUBSCRIBERS = 12
S = DeliveryState


def add(store: Store, *names: str, status: SubscriberStatus = SubscriberStatus.ACTIVE) -> None:
    new = [NewSubscriber(f"{name}@example.org", f"{name}@example.org", name, status=status) for name in names]
    with store.writing() as connection:
        subscribers.add_many(connection, new, now=NOW)


def test_queue_takes_active_subscribers_and_counts_suppressed_ones(store: Store) -> None:
    add(store, "ada", "bo", "barred")
    add(store, "pending", status=SubscriberStatus.PENDING)
    add(store, "left", status=SubscriberStatus.LEFT)
    with store.writing() as connection:
        subscribers.suppress(connection, ["barred"], Suppression(SuppressionReason.COMPLAINT), at=NOW)
        assert not deliveries.is_queued(connection, MAILING)
        assert deliveries.queue(connection, MAILING, now=NOW) == 3
        assert deliveries.queue(connection, MAILING, now=NOW) == 0
        assert deliveries.is_queued(connection, MAILING)
        assert deliveries.counts(connection, MAILING) == DeliveryCounts(queued=2, suppressed=1)
        (barred,) = deliveries.stream(connection, mailing=MAILING, state=S.SUPPRESSED)
        assert barred.reply is not None
        assert barred.reply.text == "complaint"
    add(store, "new")
    with store.writing() as connection:
        number = max(one.id for one in subscriber_list.stream(connection, now=NOW))
        assert deliveries.queue_one(connection, MAILING, number, now=NOW)
        assert not deliveries.queue_one(connection, MAILING, number, now=NOW)
        assert not deliveries.queue_one(connection, MAILING, 999, now=NOW)


def test_a_correction_goes_to_those_who_got_the_edition(store: Store) -> None:
    add(store, "sent", "uncertain", "failed", "left")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        batch = claim(connection, 4)
        states = {"sent": S.SENT, "uncertain": S.UNCERTAIN, "failed": S.FAILED, "left": S.SENT}
        records = [DeliveryResult(one.id, states[one.email.partition("@")[0]], Reply(250)) for one in batch.claims]
        claims.record(connection, records, by="a", now=NOW)
        unsubscribed = subscribers.find_by_key(connection, "left@example.org")
        assert unsubscribed is not None
        subscribers.erase(connection, unsubscribed.id)
        assert deliveries.queue_correction(connection, MAILING, CORRECTION, now=NOW) == 2
        assert deliveries.queue_correction(connection, MAILING, CORRECTION, now=NOW) == 0
        emails = {one.email for one in deliveries.stream(connection, mailing=CORRECTION)}
        assert emails == {"sent@example.org", "uncertain@example.org"}


def test_reconcile_settles_only_uncertain_deliveries(store: Store) -> None:
    add(store, "ada")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        claim(connection, 1)
        reply = Reply(250, "2.0.0", "says the log", "4ABC")
        assert not deliveries.reconcile(connection, "<1@x>", S.SENT, reply, now=NOW)
        claims.sweep(connection, MAILING, now=NOW, is_dead=lambda _by: True)
        assert deliveries.uncertain_message_ids(connection) == {"<1@x>"}
        assert deliveries.reconcile(connection, "<1@x>", S.SENT, reply, now=NOW)
        assert deliveries.counts(connection, MAILING) == DeliveryCounts(sent=1)


def test_sweep_counts_the_attempt_of_a_dead_sender(store: Store) -> None:
    add(store, "first", "second", "waits")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        claim(connection, 1, by="dead")
        claim(connection, 1, by="alive")
        assert claims.sweep(connection, MAILING, now=NOW, is_dead=lambda by: by == "dead") == Sweep(uncertain=1)
        states = [(one.state, one.attempts) for one in deliveries.stream(connection, mailing=MAILING)]
        assert states == [(S.UNCERTAIN, 1), (S.SENDING, 0), (S.QUEUED, 0)]
        (swept,) = deliveries.stream(connection, mailing=MAILING, state=S.UNCERTAIN)
        assert swept.reply == Reply(0, text="the sender died before the server's answer was recorded")


def test_sweep_queues_again_what_cannot_have_been_sent(store: Store) -> None:
    add(store, "unsent", "ended")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        unsent, ended = claim(connection, 2, by="dead").claims
        read: list[tuple[str, int, int]] = []

        def may_have_ended(by: str, delivery: int, attempts: int) -> bool:
            read.append((by, delivery, attempts))
            return delivery == ended.id

        sweep = claims.sweep(connection, MAILING, now=NOW, is_dead=lambda _by: True, may_have_ended=may_have_ended)
        assert sweep == Sweep(queued=1, uncertain=1)
        assert sorted(read) == [("dead", unsent.id, 0), ("dead", ended.id, 0)]
        states = [(one.id, one.state, one.attempts) for one in deliveries.stream(connection, mailing=MAILING)]
        assert states == [(unsent.id, S.QUEUED, 0), (ended.id, S.UNCERTAIN, 1)]
        assert [one.id for one in claim(connection, 2, by="next").claims] == [unsent.id]
        claims.record(connection, [DeliveryResult(unsent.id, S.SENT, Reply(250))], by="dead", now=NOW)
        assert deliveries.counts(connection, MAILING) == DeliveryCounts(sending=1, uncertain=1)


def test_sweep_leaves_what_another_run_has_claimed_meanwhile(store: Store) -> None:
    add(store, "ada", "bo")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        claim(connection, 2, by="dead")

        def claimed_meanwhile(_by: str, delivery: int, _attempts: int) -> bool:
            """As another run does it, between the sweep's reading and its writing."""
            claims.release(connection, [delivery], by="dead", now=NOW)
            claim(connection, 1, by="other")
            return delivery % 2 == 0

        claims.sweep(connection, MAILING, now=NOW, is_dead=lambda _by: True, may_have_ended=claimed_meanwhile)
        assert deliveries.counts(connection, MAILING) == DeliveryCounts(sending=2)
        assert claims.claimants(connection) == claims.claimants(connection, MAILING) == frozenset({"other"})
        assert claims.claimants(connection, CORRECTION) == frozenset()


def test_sweep_ends_a_claim_when_its_lease_has_run_out(store: Store) -> None:
    add(store, "ada")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        claim(connection, 1)
        lease_end = NOW + timedelta(minutes=15)
        just_before = lease_end - timedelta(seconds=1)
        assert claims.sweep(connection, MAILING, now=just_before, is_dead=lambda _by: False) == Sweep()
        assert claims.sweep(connection, Mailing.parse("2019-W11"), now=lease_end, is_dead=lambda _by: False) == Sweep()
        assert claims.sweep(connection, MAILING, now=lease_end, is_dead=lambda _by: False) == Sweep(uncertain=1)


def claim(
    connection: Connection, limit: int, by: str = "a", state: S = S.QUEUED, now: datetime = NOW
) -> claims.ClaimBatch:
    return claims.claim(
        connection,
        MAILING,
        limit,
        by=by,
        now=now,
        lease=timedelta(minutes=15),
        message_id=lambda number: f"<{number}@x>",
        state=state,
    )


def test_deferred_subscriber_who_unsubscribes_keeps_the_message_id(store: Store) -> None:
    """What that try has set off, a bounce or a line in the mail server's log, still finds its delivery."""
    add(store, "stays", "leaves")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        tried = claim(connection, 2).claims
        deferred = [DeliveryResult(one.id, S.DEFERRED, Reply(451, "4.7.1", "later"), NOW) for one in tried]
        claims.record(connection, deferred, by="a", now=NOW)
        subscribers.suppress(connection, ["leaves"], Suppression(SuppressionReason.COMPLAINT), at=NOW)
        again = claim(connection, 2, state=S.DEFERRED)
        assert [one.email for one in again.claims] == ["stays@example.org"]
        assert again.suppressed == 1
        (row,) = deliveries.stream(connection, mailing=MAILING, state=S.SUPPRESSED)
        assert row.message_id == next(one.message_id for one in tried if one.email == "leaves@example.org")
        assert row.reply is not None
        assert row.reply.text == "complaint"


def test_the_deadline_counts_from_the_first_deferral_of_a_subscriber(store: Store) -> None:
    """Not from the first try: one that was throttled, or met no server, says nothing about the subscriber."""
    add(store, "ada")
    day, deadline = timedelta(days=1), timedelta(hours=48)
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        (first,) = claim(connection, 1).claims
        claims.release(connection, [first.id], by="a", now=NOW + 3 * day)
        (again,) = claim(connection, 1, now=NOW + 3 * day).claims
        assert (again.first_at, again.deferred_since) == (NOW, None)
        for days in (3, 4):
            later = DeliveryResult(first.id, S.DEFERRED, Reply(451, "4.7.1", "later"), NOW + days * day)
            claims.record(connection, [later], by="a", now=NOW + days * day)
            (again,) = claim(connection, 1, state=S.DEFERRED, now=NOW + days * day).claims
            assert again.deferred_since == NOW + 3 * day
        claims.record(connection, [later], by="a", now=NOW + 4 * day)
        for hours, failed in ((47, 0), (48, 1)):
            now = NOW + 3 * day + timedelta(hours=hours)
            assert deliveries.fail_overdue(connection, MAILING, now=now, deadline=deadline) == failed
        deliveries.retry(connection, MAILING, [S.FAILED], now=NOW + 6 * day)
        (again,) = claim(connection, 1, now=NOW + 6 * day).claims
        assert (again.first_at, again.deferred_since) == (NOW + 6 * day, None), "a person's retry begins anew"


class LedgerMachine(RuleBasedStateMachine):
    """Two senders, an editor and failures on one table; the model knows who may have a message by now."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.store = open_store(f"sqlite:///{self.folder / f'{os.urandom(8).hex()}.db'}")
        add(self.store, *(f"r{number}" for number in range(SUBSCRIBERS)))
        with self.store.writing() as connection:
            deliveries.queue(connection, MAILING, now=NOW)
        self.live_claims: dict[str, set[int]] = {"a": set(), "b": set()}  # claims of live senders
        self.copies: dict[int, int] = {}  # how often each may have got the message, without a person's order

    def teardown(self) -> None:
        self.store.close()

    @rule(by=st.sampled_from("ab"), limit=st.integers(1, 4), state=st.sampled_from([S.QUEUED, S.DEFERRED]))
    def claims(self, by: str, limit: int, state: S) -> None:
        with self.store.writing() as connection:
            batch = claim(connection, limit, by, state)
        for one in batch.claims:
            assert one.id not in self.live_claims["a"] | self.live_claims["b"], "nobody holds what another one holds"
            assert self.copies.get(one.id, 0) == 0, "nothing that may have gone out is claimed again"
            self.live_claims[by].add(one.id)

    @rule(by=st.sampled_from("ab"), data=st.data())
    def hears(self, by: str, data: st.DataObject) -> None:
        if not self.live_claims[by]:
            return
        number = data.draw(st.sampled_from(sorted(self.live_claims[by])))
        state = data.draw(st.sampled_from([S.SENT, S.DEFERRED, S.FAILED, S.UNCERTAIN]))
        self.copies[number] = int(state in (S.SENT, S.UNCERTAIN))
        with self.store.writing() as connection:
            claims.record(connection, [DeliveryResult(number, state, Reply(0), NOW)], by=by, now=NOW)
        self.live_claims[by].discard(number)

    @rule(by=st.sampled_from("ab"), data=st.data())
    def gives_back(self, by: str, data: st.DataObject) -> None:
        if not self.live_claims[by]:
            return
        number = data.draw(st.sampled_from(sorted(self.live_claims[by])))
        with self.store.writing() as connection:
            claims.release(connection, [number], by=by, now=NOW)
        self.live_claims[by].discard(number)

    @rule(by=st.sampled_from("ab"), data=st.data())
    def dies(self, by: str, data: st.DataObject) -> None:
        ended = data.draw(st.sets(st.sampled_from(sorted(self.live_claims[by])))) if self.live_claims[by] else set()
        for number in ended:
            self.copies[number] = 1  # for all we know
        self.live_claims[by].clear()
        with self.store.writing() as connection:
            claims.sweep(
                connection,
                MAILING,
                now=NOW,
                is_dead=lambda name: name == by,
                may_have_ended=lambda name, number, _attempts: name == by and number in ended,
            )

    @rule(by=st.sampled_from("ab"), thief=st.sampled_from("ab"), data=st.data())
    def meddles(self, by: str, thief: str, data: st.DataObject) -> None:
        """Recording or releasing what somebody else holds does nothing."""
        if by == thief or not self.live_claims[by]:
            return
        number = data.draw(st.sampled_from(sorted(self.live_claims[by])))
        with self.store.writing() as connection:
            claims.record(connection, [DeliveryResult(number, S.SENT, Reply(250))], by=thief, now=NOW)
            claims.release(connection, [number], by=thief, now=NOW)

    @rule()
    def a_person_retries_the_failed(self) -> None:
        with self.store.writing() as connection:
            deliveries.retry(connection, MAILING, [S.FAILED], now=NOW)

    @rule()
    def a_person_retries_the_uncertain(self) -> None:
        with self.store.writing() as connection:
            for one in deliveries.stream(connection, mailing=MAILING, state=S.UNCERTAIN):
                self.copies[one.id] = 0  # from here on it is theirs to answer for
            deliveries.retry(connection, MAILING, [S.UNCERTAIN], now=NOW)

    @invariant()
    def everyone_is_accounted_for(self) -> None:
        with self.store.reading() as connection:
            counts = deliveries.counts(connection, MAILING)
            sending = {one.id for one in deliveries.stream(connection, mailing=MAILING, state=S.SENDING)}
        assert counts.candidates == SUBSCRIBERS
        assert sending == self.live_claims["a"] | self.live_claims["b"]


@pytest.mark.thorough
def test_any_order_of_events(tmp_path: Path) -> None:
    LedgerMachine.folder = tmp_path
    LedgerMachine.TestCase.settings = settings(
        max_examples=settings.default.max_examples // 5,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
    )
    LedgerMachine.TestCase().runTest()
