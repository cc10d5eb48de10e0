"""Workers in processes of their own: the same promises as with threads, and what happens when one of them dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import DigestError, SettingsError
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.dot_marks import DotMarks
from digest.mail.smtp.outbox import Outbox, OutboxRules, Tally
from digest.mail.smtp.rate_limit import Patience
from digest.mail.smtp.sender_loop import BuildMessage
from digest.mail.smtp.sender_pool import SenderPool
from digest.model import DeliveryState, Mailing
from digest.store import deliveries, leases, subscribers
from digest.store.engine import Store
from digest.store.sender_ledger import SenderLedger
from digest.store.subscribers import NewSubscriber
from digest.week import Week
from tests.mail.smtp.sender_setup import LoopbackSetup, message_id
from tests.mail.smtp.smtp_server import serving

pytestmark = pytest.mark.slow

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
QUICK = Patience(tries=3, first_wait=0.01, longest_wait=0.05)


def clock() -> datetime:
    return datetime.now(UTC)


def queue_for(store: Store, number: int) -> None:
    new = [NewSubscriber(f"r{n}@test.example", f"r{n}@test.example", f"{n:064x}") for n in range(number)]
    with store.writing() as connection:
        subscribers.add_many(connection, new, now=clock())
        deliveries.queue(connection, MAILING, now=clock())


def outbox(store: Store, pool: SenderPool) -> Outbox:
    lease = timedelta(minutes=15)
    ledger = SenderLedger(store, MAILING, by=leases.claimant(), clock=clock, lease=lease, message_id=message_id)
    return Outbox(ledger, pool, rules=OutboxRules(patience=QUICK), clock=clock)


def test_everyone_once_over_several_processes(store: Store) -> None:
    queue_for(store, 200)
    with serving() as server:
        pool = SenderPool(LoopbackSetup((server.port,)), processes=2, connections=5)
        assert outbox(store, pool).run() == Tally(sent=200)
        assert sorted(server.copies().values()) == [1] * 200
        assert server.most_open <= 5


@dataclass(frozen=True)
class ReportingSetup(LoopbackSetup):
    """Record the process in which it runs."""

    folder: str = ""

    def __call__(self) -> tuple[Sequence[MailServer], BuildMessage]:
        (Path(self.folder) / str(os.getpid())).touch()
        return super().__call__()


@pytest.mark.parametrize("every_process", [False, True])
def test_a_process_that_dies_loses_no_delivery(
    store: Store, tmp_path_factory: pytest.TempPathFactory, every_process: bool
) -> None:
    queue_for(store, 200)
    folder = tmp_path_factory.mktemp("pids")
    marks = DotMarks.create(tmp_path_factory.mktemp("marks"), leases.claimant(), 4)
    with serving(delay=lambda: 0.01) as server:
        setup = ReportingSetup((server.port,), str(folder))
        sending = outbox(store, SenderPool(setup, processes=2, connections=4, marks=marks))
        ended: list[Tally | DigestError] = []

        def run() -> None:
            try:
                ended.append(sending.run())
            except DigestError as error:
                ended.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        while len(server.accepted) < 40:
            time.sleep(0.005)
        for one in sorted(folder.iterdir())[: None if every_process else 1]:
            os.kill(int(one.name), signal.SIGKILL)
        thread.join(30)
        copies = server.copies()
    with store.reading() as connection:
        counts = deliveries.counts(connection, MAILING)
        uncertain = list(deliveries.stream(connection, mailing=MAILING, state=DeliveryState.UNCERTAIN))
    marks.close()
    assert {one.message_id for one in uncertain} <= server.ended, "all others are queued again"
    assert max(copies.values()) == 1
    assert counts.candidates == 200
    assert counts.uncertain <= (4 if every_process else 2), "at most what it held"
    if every_process:
        assert isinstance(ended[0], DigestError)
        assert "have died" in ended[0].what
        assert (counts.sending, counts.queued > 0) == (0, True)
    else:
        assert isinstance(ended[0], Tally)
        assert counts.sent + counts.uncertain == 200, "the other process did the rest"


def test_processes_that_are_stopped_with_the_sender_are_no_failure(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A service manager stops the whole process group: that is a requested stop, not a failure."""
    queue_for(store, 50)
    folder = tmp_path_factory.mktemp("pids")
    with serving(delay=lambda: 0.2) as server:
        sending = outbox(store, SenderPool(ReportingSetup((server.port,), str(folder)), processes=2, connections=2))

        def stop() -> None:
            while not server.accepted:
                time.sleep(0.005)
            sending.drain()
            for one in folder.iterdir():
                os.kill(int(one.name), signal.SIGKILL)

        thread = threading.Thread(target=stop)
        thread.start()
        assert sending.run().stopped == "stopped on request"
        thread.join()


@dataclass(frozen=True)
class Broken(LoopbackSetup):
    def __call__(self) -> tuple[Sequence[MailServer], BuildMessage]:
        raise SettingsError("dkim.key_file: it is gone.", "Bring it back.")


def test_a_setup_error_in_a_process_is_reported(store: Store) -> None:
    queue_for(store, 10)
    with pytest.raises(SettingsError, match="it is gone"):
        outbox(store, SenderPool(Broken(()), processes=2, connections=4)).run()
    with store.reading() as connection:
        assert deliveries.counts(connection, MAILING).queued == 10


class OddError(Exception):
    """An error that can be pickled but not unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def build_odd_message(claim: object) -> None:
    raise OddError("no letter ", "for this one")


@dataclass(frozen=True)
class Odd(LoopbackSetup):
    def __call__(self) -> tuple[Sequence[MailServer], BuildMessage]:
        return super().__call__()[0], build_odd_message


def test_the_text_of_an_error_that_cannot_be_pickled_is_reported(store: Store) -> None:
    queue_for(store, 3)
    with pytest.raises(DigestError, match="OddError: no letter for this one"):
        outbox(store, SenderPool(Odd(()), processes=2, connections=2)).run()
    with store.reading() as connection:
        assert deliveries.counts(connection, MAILING).queued == 3
