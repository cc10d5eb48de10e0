"""The outbox, from ledger to a real SMTP server and back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.adaptive_pace import SEVERAL, Pauses
from digest.mail.smtp.classify_reply import BackOff
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.outbox import Outbox, OutboxRules, Tally
from digest.mail.smtp.rate_limit import Patience, TokenBucket
from digest.mail.smtp.sender_loop import BuildMessage, OutgoingMessage
from digest.mail.smtp.sender_pool import SenderPool
from digest.mail.smtp.transaction import Envelope
from digest.model import Claim, DeliveryCounts, DeliveryState, Mailing, SubscriberStatus, Suppression, SuppressionReason
from digest.store import claims, deliveries, leases, subscribers
from digest.store.engine import Store
from digest.store.sender_ledger import SenderLedger
from digest.store.subscribers import NewSubscriber
from digest.week import Week
from tests.mail.smtp.smtp_server import DROP, SmtpServer, serving

pytestmark = pytest.mark.slow

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
QUICK = Patience(tries=3, first_wait=0.01, longest_wait=0.05, pauses=Pauses(first=0.01, longest=0.01))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2019, 3, 25, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def build_message(claim: Claim) -> OutgoingMessage:
    head = f"Message-ID: <{claim.subscriber}@test.example>\r\nTo: {claim.email}\r\n\r\n".encode()
    return OutgoingMessage(Envelope("digest@test.example", claim.email), to_smtp_data(head + b"Hello\r\n"))


class Bench:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()

    def queue(self, *names: str) -> None:
        new = [NewSubscriber(f"{name}@test.example", f"{name}@test.example", name) for name in names]
        with self.store.writing() as connection:
            subscribers.add_many(connection, new, now=self.clock())
            deliveries.queue(connection, MAILING, now=self.clock())

    def outbox(
        self, server: SmtpServer | list[SmtpServer], build: BuildMessage = build_message, **rules: object
    ) -> Outbox:
        ledger = SenderLedger(
            self.store,
            MAILING,
            by=leases.claimant(),
            clock=self.clock,
            lease=timedelta(minutes=15),
            message_id=lambda number: f"<{number}@test.example>",
        )
        servers = [
            MailServer("127.0.0.1", one.port, timeout=5) for one in (server if isinstance(server, list) else [server])
        ]
        size = {name: rules.pop(name) for name in ("connections", "messages") if name in rules}
        pool = SenderPool(lambda: (servers, build), **{"connections": 2, **size})  # type: ignore[arg-type]  # it checks
        options: dict[str, object] = {"patience": QUICK, "store_waits": (0.01,), **rules}
        return Outbox(ledger, pool, rules=OutboxRules(**options), clock=self.clock)  # type: ignore[arg-type]  # Rules checks

    def send(self, server: SmtpServer | list[SmtpServer], limit: int | None = None, **rules: object) -> Tally:
        return self.outbox(server, **rules).run(limit)  # type: ignore[arg-type]  # as above

    @property
    def counts(self) -> DeliveryCounts:
        with self.store.reading() as connection:
            return deliveries.counts(connection, MAILING)

    def states(self) -> dict[str, DeliveryState]:
        with self.store.reading() as connection:
            return {one.email.partition("@")[0]: one.state for one in deliveries.stream(connection, mailing=MAILING)}


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


def test_everyone_once_and_a_second_run_sends_nothing(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(30)))
    with serving() as server:
        assert bench.send(server).sent == 30
        assert bench.send(server) == Tally()
        assert sorted(server.copies().values()) == [1] * 30
        assert server.most_open <= 2
    with bench.store.reading() as connection:
        one = next(deliveries.stream(connection, mailing=MAILING))
    assert one.reply is not None
    assert (one.reply.code, one.reply.enhanced, one.reply.queue_id[:1], one.attempts) == (250, "2.0.0", "Q", 1)
    assert one.message_id == f"<{one.subscriber}@test.example>"


def test_each_reply_becomes_a_delivery_state(bench: Bench) -> None:
    bench.queue("fine", "gone", "full", "grey", "spam", "lost")
    with serving() as server:
        server.order("RCPT", "550 5.1.1 no such user", about="gone@")
        server.order("RCPT", "552 5.2.2 mailbox full", about="full@")
        server.order("RCPT", "450 4.2.0 greylisted", about="grey@")
        server.order("END", "554 5.7.1 spam", about="spam@")
        server.order("TAKEN", DROP, about="lost@")
        tally = bench.send(server)
    assert tally == Tally(sent=1, deferred=2, failed=2, uncertain=1)
    assert bench.states() == {
        "fine": DeliveryState.SENT,
        "gone": DeliveryState.FAILED,
        "full": DeliveryState.DEFERRED,
        "grey": DeliveryState.DEFERRED,
        "spam": DeliveryState.FAILED,
        "lost": DeliveryState.UNCERTAIN,
    }
    assert bench.counts.candidates == 6


def test_a_deferred_message_waits_and_is_then_sent(bench: Bench) -> None:
    bench.queue("grey", "fine")
    with serving() as server:
        server.order("RCPT", "450 4.2.0 greylisted", about="grey@", times=2)
        assert bench.send(server).deferred == 1
        assert bench.send(server) == Tally()  # too early
        bench.clock.now += timedelta(minutes=6)
        assert bench.send(server).deferred == 1
        bench.clock.now += timedelta(minutes=16)
        assert bench.send(server).sent == 1
        assert sorted(server.copies().values()) == [1, 1]


def test_deferred_for_too_long_fails(bench: Bench) -> None:
    bench.queue("grey")
    back_off = BackOff(deadline=timedelta(hours=3))
    with serving() as server:
        server.order("RCPT", "450 4.2.0 greylisted", times=100)
        tries = 0
        while bench.counts.failed == 0:
            bench.send(server, back_off=back_off)
            bench.clock.now += timedelta(hours=1)
            tries += 1
            assert tries < 6
    with bench.store.writing() as connection:
        assert deliveries.fail_overdue(connection, MAILING, now=bench.clock(), deadline=back_off.deadline) == 0


def test_uncertain_is_never_sent_again_by_itself(bench: Bench) -> None:
    bench.queue("lost")
    with serving() as server:
        server.order("TAKEN", DROP)
        assert bench.send(server).uncertain == 1
        bench.clock.now += timedelta(days=1)
        assert bench.send(server) == Tally()
        assert list(server.copies().values()) == [1]
        with bench.store.writing() as connection:  # as an editor would
            assert deliveries.retry(connection, MAILING, [DeliveryState.UNCERTAIN], now=bench.clock()) == 1
        assert bench.send(server).sent == 1


def test_a_subscriber_who_unsubscribes_after_queueing_gets_no_mail(bench: Bench) -> None:
    bench.queue("stays", "leaves", "barred", "erased", "paused")
    with bench.store.writing() as connection:
        numbers = {name: subscribers.find_by_key(connection, f"{name}@test.example") for name in bench.states()}
        for name, status in (("leaves", SubscriberStatus.LEFT), ("paused", SubscriberStatus.PAUSED)):
            subscriber = numbers[name]
            assert subscriber is not None
            subscribers.move(connection, subscriber.id, [SubscriberStatus.ACTIVE], status)
        subscribers.suppress(connection, ["barred"], Suppression(SuppressionReason.COMPLAINT), at=bench.clock())
        subscriber = numbers["erased"]
        assert subscriber is not None
        subscribers.erase(connection, subscriber.id)
    with serving() as server:
        assert bench.send(server) == Tally(sent=1, suppressed=4)
        assert [one.recipient for one in server.accepted] == ["stays@test.example"]
    assert bench.counts == DeliveryCounts(sent=1, suppressed=4)


def test_a_subscriber_without_posts_in_their_themes_gets_no_mail(bench: Bench) -> None:
    bench.queue("some", "none")
    with serving() as server:
        tally = bench.outbox(server, lambda claim: None if "none" in claim.email else build_message(claim)).run()
    assert tally == Tally(sent=1, suppressed=1)


def test_limit_is_the_number_of_messages_of_a_run(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(10)))
    with serving() as server:
        assert bench.send(server, limit=3).sent == 3
        assert bench.counts == DeliveryCounts(sent=3, queued=7)
        assert bench.send(server, limit=20).sent == 7


def test_messages_per_connection_are_limited(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(10)))
    with serving() as server:
        bench.send(server, connections=1, messages=3)
        assert [one.session for one in server.accepted] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4]


def test_a_server_that_hangs_up_on_idle_connections(bench: Bench) -> None:
    bench.queue("r1", "r2", "r3")
    with serving() as server:
        server.order("MAIL", DROP, times=1)
        # The first message meets a new connection that breaks: it is deferred and tried again.
        assert bench.send(server, connections=1).sent == 3
        server.order("RCPT", "421 4.4.2 idle for too long", about="r5", times=1)
        bench.queue("r4", "r5")
        assert bench.send(server, connections=1).sent == 2
        assert sorted(server.copies().values()) == [1] * 5


def test_an_unreachable_server_stops_the_run_and_leaves_the_rest_queued(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(20)))
    with serving() as server:
        pass
    tally = bench.send(server)
    assert tally.unreachable
    assert "cannot be reached" in tally.stopped
    assert bench.counts == DeliveryCounts(queued=20)
    server.start()
    assert bench.send(server).sent == 20
    server.stop()


def test_a_wrong_password_stops_the_run_at_once(bench: Bench) -> None:
    bench.queue("r1", "r2")
    with serving() as server:
        server.order("MAIL", "530 5.7.0 authenticate first", times=9)
        tally = bench.send(server, patience=Patience(tries=1000))
    assert tally.unreachable
    assert "530" in tally.stopped
    assert bench.counts == DeliveryCounts(queued=2)


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("RCPT", "554 5.7.1 your network is blocked"),
        ("RCPT", "550 relay not permitted"),
        ("RCPT", "550 5.4.1 no access"),
        ("DATA", "503 5.5.1 what?"),
        ("END", "550 5.6.0 that is no mail"),
        ("END", "552 5.3.4 too big"),
    ],
)
def test_a_server_that_rejects_everybody_stops_the_run(bench: Bench, verb: str, answer: str) -> None:
    bench.queue(*(f"r{number}" for number in range(60)))
    with serving() as server:
        server.order(verb, answer, times=1000)
        tally = bench.send(server)
        assert tally.unreachable
        assert f"messages for reasons that do not look specific to the recipients: {answer}" in tally.stopped
        counts = bench.counts
        assert 20 <= counts.failed <= 22
        assert tally.rejected == counts.failed
        assert ("smaller" in tally.remedy) == ("too big" in answer)
        assert counts.queued == 60 - counts.failed
        server.orders.clear()
        with bench.store.writing() as connection:
            deliveries.retry(connection, MAILING, [DeliveryState.FAILED], now=bench.clock())
        assert bench.send(server).sent == 60


def test_unknown_recipients_do_not_hide_a_server_that_rejects_everybody(bench: Bench) -> None:
    bench.queue(*(f"{'gone' if number % 2 else 'r'}{number}" for number in range(200)))
    with serving() as server:
        server.order("RCPT", "550 5.1.1 no such user", about="gone", times=1000)
        server.order("RCPT", "550 relay not permitted", times=1000)
        tally = bench.send(server)
        assert 20 <= tally.rejected <= 22
        assert 39 <= bench.counts.failed <= 44


def test_a_server_that_accepts_some_messages_does_not_stop_the_run(bench: Bench) -> None:
    bench.queue(*(f"{'fine' if number % 15 == 0 else 'r'}{number}" for number in range(90)))
    with serving() as server:
        server.order("RCPT", "550 no", about="<r", times=1000)
        assert bench.send(server) == Tally(sent=6, failed=84)


@pytest.mark.parametrize(
    ("verb", "answer"), [("MAIL", "354 go ahead"), ("RCPT", "999 what"), ("RCPT", "354 go ahead"), ("DATA", "250 Ok")]
)
def test_invalid_replies_stop_the_run_and_lose_no_delivery(bench: Bench, verb: str, answer: str) -> None:
    bench.queue(*(f"r{number}" for number in range(20)))
    with serving() as server:
        server.order(verb, answer, times=1000)
        tally = bench.send(server)
        assert f"sent a reply that does not fit {verb}: {answer}" in tally.stopped
        assert bench.counts == DeliveryCounts(queued=20)
        server.orders.clear()
        assert bench.send(server).sent == 20


def test_an_invalid_reply_to_the_final_dot_is_uncertain(bench: Bench) -> None:
    bench.queue("r1", "r2")
    with serving() as server:
        server.order("TAKEN", "354 go ahead", about="r1@")
        assert bench.send(server) == Tally(sent=1, uncertain=1)


def test_uncertain_outcomes_in_a_row_stop_the_run(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(60)))
    with serving() as server:
        server.order("TAKEN", DROP, times=1000)
        tally = bench.send(server)
        assert tally.unreachable
        assert "sent no reply after" in tally.stopped
        assert 3 <= bench.counts.uncertain <= 4, "each connection lost two at most"
        assert bench.counts.queued == 60 - bench.counts.uncertain
        server.orders.clear()
        assert bench.send(server).sent == bench.counts.sent
    assert bench.counts.queued == 0


def test_single_rejections_do_not_stop_the_run(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(60)))
    with serving() as server:
        server.order("RCPT", "550 5.1.1 no such user", times=40)
        assert bench.send(server) == Tally(sent=20, failed=40)


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("END", "421 4.7.0 too much mail"),
        ("END", "451 4.7.1 too much mail"),
        ("RCPT", "421 4.7.0 too much mail"),
        ("END", "454 Throttling failure: Maximum sending rate exceeded."),
        ("END", "451 later"),
        ("RCPT", "450 Too many recipient attempts"),
        ("RCPT", "450 4.7.1 later"),
        ("RCPT", "451 later"),
        ("MAIL", "450 4.7.1 too much mail"),
        ("CONNECT", "421 4.7.0 too much mail"),
    ],
)
def test_constant_throttling_stops_the_run(bench: Bench, verb: str, answer: str) -> None:
    bench.queue(*(f"r{number}" for number in range(60)))
    with serving() as server:
        server.order(verb, answer, times=1000)
        tally = bench.send(server)
        assert tally.unreachable
        assert answer in tally.stopped
        assert bench.counts.queued >= 60 - SEVERAL
        assert bench.counts.queued + bench.counts.deferred == 60
        server.orders.clear()
        bench.clock.now += timedelta(hours=1)
        assert bench.send(server).sent == 60


def test_throttling_among_unknown_recipients_stops_the_run(bench: Bench) -> None:
    """A reply about a recipient shows that the server is there, not that it accepts anything."""
    bench.queue(*(f"{'gone' if number % 2 else 'r'}{number}" for number in range(60)))
    with serving() as server:
        server.order("RCPT", "550 5.1.1 no such user", about="gone", times=1000)
        server.order("RCPT", "421 4.7.0 too much mail", times=1000)
        assert "421 4.7.0" in bench.send(server, connections=1).stopped
        assert bench.counts.queued > 0


def test_greylisting_does_not_lower_the_rate(bench: Bench) -> None:
    bench.queue(*(f"{'grey' if number % 10 == 0 else 'r'}{number}" for number in range(200)))
    with serving() as server:
        server.order("RCPT", "450 4.7.1 greylisted", about="grey", times=1000)
        started = time.monotonic()
        assert bench.send(server) == Tally(sent=180, deferred=20)
        assert time.monotonic() - started < 50


def test_the_second_server_is_used_when_the_first_fails(bench: Bench) -> None:
    bench.queue("r1", "r2", "r3")
    with serving() as first:
        pass
    with serving() as second:
        assert bench.send([first, second]).sent == 3
        assert len(second.accepted) == 3


def test_draining_finishes_the_current_messages(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(200)))
    with serving(delay=lambda: 0.002) as server:
        outbox = bench.outbox(server)
        tallies: list[Tally] = []
        thread = threading.Thread(target=lambda: tallies.append(outbox.run()))
        thread.start()
        while len(server.accepted) < 20:
            time.sleep(0.005)
        outbox.drain()
        thread.join(10)
        assert tallies[0].stopped == "stopped on request"
        counts = bench.counts
        assert counts == DeliveryCounts(sent=len(server.accepted), queued=200 - len(server.accepted))
        assert counts.queued > 0
        bench.send(server)
        assert sorted(server.copies().values()) == [1] * 200


def test_a_message_that_cannot_be_built_stops_the_run_and_loses_no_delivery(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(10)))

    def broken(claim: Claim) -> OutgoingMessage:
        if claim.email.startswith("r4@"):
            raise ValueError("no such slot")
        return build_message(claim)

    with serving() as server:
        with pytest.raises(ValueError, match="no such slot"):
            bench.outbox(server, broken).run()
        counts = bench.counts
        assert counts.sending == counts.uncertain == 0
        assert counts.sent == len(server.accepted)
        bench.send(server)
    assert bench.counts == DeliveryCounts(sent=10)


def test_messages_per_second_are_limited(bench: Bench) -> None:
    bench.queue(*(f"r{number}" for number in range(12)))
    with serving() as server:
        started = time.monotonic()
        bench.send(server, rate_per_second=20.0)
        assert 0.5 <= time.monotonic() - started < 15


# --- Leases -----------------------------------------------------------------------------------------------------------


def test_a_dead_senders_claims_become_uncertain_and_a_living_ones_stay(bench: Bench) -> None:
    bench.queue("a", "b")

    def claim(by: str) -> None:
        with bench.store.writing() as connection:
            claims.claim(
                connection,
                MAILING,
                1,
                by=by,
                now=bench.clock(),
                lease=timedelta(minutes=15),
                message_id=lambda number: f"<{number}@x>",
            )

    def sweep(is_dead: Callable[[str], bool]) -> int:
        with bench.store.writing() as connection:
            return claims.sweep(connection, MAILING, now=bench.clock(), is_dead=is_dead).uncertain

    claim("dead")
    claim("alive")
    assert sweep(lambda by: by == "dead") == 1
    assert bench.states() == {"a": DeliveryState.UNCERTAIN, "b": DeliveryState.SENDING}
    bench.clock.now += timedelta(minutes=16)
    assert sweep(lambda _by: False) == 1
    assert bench.counts == DeliveryCounts(uncertain=2)


# --- Pace -------------------------------------------------------------------------------------------------------------


def test_token_bucket_grants_no_more_than_its_rate() -> None:
    bucket = TokenBucket(10.0, 0.0)
    granted = sum(bucket.take(5, moment / 100) for moment in range(1000))
    assert 95 <= granted <= 101
    assert TokenBucket(0.0, 0.0).take(7, 0.0) == 7
