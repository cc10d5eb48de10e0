"""Whatever happens to the sender, nobody is skipped, nobody gets two copies, and little is uncertain.

`DIGEST_KILLS` sets how many senders are killed (12 without it; a full proof takes 500 or more).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.model import DeliveryCounts, DeliveryState, Mailing
from digest.store import deliveries, subscribers
from digest.store.engine import Store, open_store
from digest.store.subscribers import NewSubscriber
from tests.conftest import ROOT
from tests.mail.smtp.sender_process import WEEK
from tests.mail.smtp.sender_setup import message_id
from tests.mail.smtp.smtp_server import SmtpServer, jittery, serving

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("DIGEST_KILLS", "12"))
CONNECTIONS = 4


class Sender:
    """A process that forks senders; one at a time each. Their marks are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.mail.smtp.sender_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        self.pid = 0

    def start(self, url: str, server: SmtpServer, **options: Any) -> None:
        assert self.process.stdin is not None
        options_ = {
            "url": url,
            "folder": str(self.folder),
            "ports": [server.port],
            "connections": CONNECTIONS,
            **options,
        }
        self.process.stdin.write(json.dumps(options_) + "\n")
        self.process.stdin.flush()
        self.pid = self._said()["pid"]

    def kill(self) -> int:
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        status = self._said()["status"]
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(status)

    def _said(self) -> dict[str, int]:
        assert self.process.stdout is not None
        counts: dict[str, int] = json.loads(self.process.stdout.readline())
        return counts

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


@contextmanager
def senders(number: int, folder: Path) -> Iterator[list[Sender]]:
    created = [Sender(folder) for _ in range(number)]
    try:
        yield created
    finally:
        for one in created:
            one.close()


def queue_for(store: Store, number: int) -> None:
    now = datetime.now(UTC)
    new = [NewSubscriber(f"r{n}@test.example", f"r{n}@test.example", f"{n:064x}") for n in range(number)]
    with store.writing() as connection:
        subscribers.add_many(connection, new, now=now)
        assert deliveries.queue(connection, Mailing(WEEK), now=now) == number


def counted(store: Store) -> DeliveryCounts:
    with store.reading() as connection:
        return deliveries.counts(connection, Mailing(WEEK))


def check(store: Store, server: SmtpServer, number: int, *, cut: bool = False) -> DeliveryCounts:
    """No subscriber is skipped, none gets two mails, and every row agrees with the server.

    What is uncertain had all left: the server has read the final dot, or reads it after the death. With `cut`
    the server has closed connections before it had read what was on its way.
    """
    with store.reading() as connection:
        uncertain = {
            row.message_id
            for row in deliveries.stream(connection, mailing=Mailing(WEEK), state=DeliveryState.UNCERTAIN)
        }
    deadline = time.monotonic() + 5
    while not cut and uncertain - server.ended and time.monotonic() < deadline:
        time.sleep(0.01)
    # A kill can hit the instant between mark and write: much less than a microsecond of each message.
    assert cut or uncertain - server.ended == set()
    copies = server.copies()
    assert [name for name, times in copies.items() if times > 1] == []
    with store.reading() as connection:
        rows = list(deliveries.stream(connection, mailing=Mailing(WEEK)))
    assert len(rows) == number
    for row in rows:
        assert row.state in (DeliveryState.SENT, DeliveryState.UNCERTAIN), row
        if row.state is DeliveryState.SENT:
            assert copies.get(message_id(row.subscriber)) == 1, row
    counts = counted(store)
    assert counts.candidates == number == counts.sent + counts.uncertain
    return counts


def wait_for_some(server: SmtpServer, dice: random.Random, number: int) -> None:
    """Wait a random time: mostly until sending has begun, sometimes only until the sender is starting."""
    if dice.random() < 0.15:
        time.sleep(dice.random() * 0.08)
        return
    enough = min(len(server.accepted) + dice.randrange(32), number - 2 * CONNECTIONS)
    deadline = time.monotonic() + 5
    while len(server.accepted) < enough and time.monotonic() < deadline:
        time.sleep(0.0005)
    time.sleep(dice.random() * 0.006)


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("DIGEST_SEED", str(random.SystemRandom().randrange(10**6))))
    print(f"DIGEST_SEED={seed}")  # noqa: T201 -- shown when the test fails, to run the same dice again
    return random.Random(seed)


@pytest.mark.parametrize("processes", [0, pytest.param(2, marks=pytest.mark.thorough)])
def test_killed_at_random_times(
    store: Store, store_url: str, tmp_path: Path, dice: random.Random, processes: int
) -> None:
    kills = KILLS if not processes else max(8, KILLS // 5)  # processes take longer to start
    number = kills * 24
    queue_for(store, number)
    uncertain_before = 0
    with serving(delay=jittery(1)) as server, senders(1, tmp_path) as (sender,):
        killed = 0
        for _ in range(kills):
            sender.start(store_url, server, processes=processes)
            wait_for_some(server, dice, number)
            killed += sender.kill() == signal.SIGKILL
            counts = counted(store)
            # The claims of this sender stay `sending` until the next one sweeps them; one per connection at most.
            assert counts.sending <= CONNECTIONS
            assert counts.uncertain - uncertain_before <= CONNECTIONS
            uncertain_before = counts.uncertain
            assert counts.candidates == number
        sent_before = counted(store).sent
        sender.start(store_url, server, processes=processes)
        assert sender.wait() == 0
        counts = check(store, server, number)
    # Processes start slowly, so more of them are killed before they send.
    assert sent_before > number // (4 if not processes else 12), "they were killed at work, not before it"
    assert killed > kills // 4
    assert counts.sent > 0
    print(f"{killed} killed, {counts.sent} sent, {counts.uncertain} uncertain")  # noqa: T201 -- the figures


@pytest.mark.thorough
def test_two_senders_at_once_killed(store: Store, store_url: str, tmp_path: Path, dice: random.Random) -> None:
    kills = max(10, KILLS // 2)
    number = kills * 24
    queue_for(store, number)
    with serving(delay=jittery(2)) as server, senders(2, tmp_path) as pair:
        for one in pair:
            one.start(store_url, server)
        for _ in range(kills):
            wait_for_some(server, dice, number)
            one = dice.choice(pair)
            one.kill()
            assert counted(store).sending <= 2 * CONNECTIONS
            one.start(store_url, server)
        for one in pair:
            one.wait()
        pair[0].start(store_url, server)  # sweeps the claims of the last sender killed
        assert pair[0].wait() == 0
        check(store, server, number)


@pytest.mark.thorough
def test_two_senders_share_the_work(store: Store, store_url: str, tmp_path: Path) -> None:
    queue_for(store, 400)
    with serving() as server, senders(2, tmp_path) as pair:
        for one in pair:
            one.start(store_url, server)
        assert [one.wait() for one in pair] == [0, 0]
        assert check(store, server, 400).sent == 400


@pytest.mark.thorough
def test_killed_while_the_database_is_locked_repeatedly(tmp_path: Path, dice: random.Random) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    store = open_store(url)
    queue_for(store, 300)
    done = threading.Event()

    def hog() -> None:
        other = sqlite3.connect(tmp_path / "digest.db", isolation_level=None, timeout=30, check_same_thread=False)
        while not done.is_set():
            other.execute("BEGIN IMMEDIATE")
            done.wait(dice.random() * 0.05)
            other.execute("COMMIT")
            done.wait(0.005)
        other.close()

    thread = threading.Thread(target=hog)
    thread.start()
    try:
        with serving() as server, senders(1, tmp_path) as (sender,):
            sender.start(url, server)
            assert sender.wait() == 0
            assert check(store, server, 300).sent == 300
    finally:
        done.set()
        thread.join()
        store.close()


@pytest.mark.thorough
def test_disk_full_then_room_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    store = open_store(url)
    queue_for(store, 600)
    uncertain = 0
    with serving() as server, senders(1, tmp_path) as (sender,):
        for _ in range(4):
            room = (tmp_path / "digest.db").stat().st_size + 60_000
            sender.start(url, server, file_limit=room)
            assert sender.wait() != 0  # says so and ends
            counts = counted(store)
            assert counts.sending <= CONNECTIONS
            assert counts.uncertain - uncertain <= CONNECTIONS
            uncertain = counts.uncertain
        sender.start(url, server)
        assert sender.wait() == 0
        check(store, server, 600)
    store.close()


@pytest.mark.thorough
def test_server_restarts_and_network_is_cut(store: Store, store_url: str, tmp_path: Path, dice: random.Random) -> None:
    queue_for(store, 600)
    with serving(delay=jittery(3, 0.004)) as server, senders(1, tmp_path) as (sender,):
        sender.start(store_url, server)
        cuts = 0
        while counted(store).queued > 60:
            time.sleep(dice.random() * 0.1)
            cuts += 1
            if dice.random() < 0.5:
                server.cut()
            else:
                server.stop()
                time.sleep(dice.random() * 0.1)
                server.start()
        assert sender.wait() == 0
        counts = check(store, server, 600, cut=True)
        # Each cut can lose the reply to one message per connection, and no more.
        assert counts.uncertain <= cuts * CONNECTIONS
