"""Two workers beside one (`benchmarks.shares`), and a million subscribers on one machine: importing them, queueing an
edition, and the memory that sending takes.

`DIGEST_SCALE` is the number of subscribers (1,000,000 without it; 0 leaves them out), `DIGEST_SCALE_STORE` a PostgreSQL
URL (an empty database; SQLite in a temporary folder without it). The goals stand in the place of a peer: import in
60 s, queue in 30 s, 250 MB; beside the clock stands the processor time of this process, which other programs' work
disturbs less.
Sending is to an SMTP server in this process that takes everything, with letters of 60 KB.

One row compares the import with a plain loop (the csv module, email-validator, one INSERT a row into the same table,
without hashes, consent or verdicts), in turns, by processor time.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import socket
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from email_validator import validate_email

from benchmarks import shares
from benchmarks.results import Row, spread
from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.outbox import Outbox, OutboxRules
from digest.mail.smtp.sender_loop import OutgoingMessage
from digest.mail.smtp.sender_pool import SenderPool
from digest.mail.smtp.transaction import Envelope
from digest.model import Claim, Mailing
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.subscribers.import_csv import import_file
from digest.store import deliveries, leases
from digest.store.engine import open_store
from digest.store.sender_ledger import SenderLedger
from digest.week import Week

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
SENT = 20_000  # messages sent while memory is watched
COMPARED = 50_000  # rows imported in turns with a plain loop
IMPORT_GOAL, QUEUE_GOAL, MEMORY_GOAL = 60.0, 30.0, 250.0  # seconds, seconds, MB
MESSAGE = to_smtp_data(b"Subject: The week\r\n\r\n" + (b"x" * 76 + b"\r\n") * 769)


def rows() -> list[Row]:
    number = int(os.environ.get("DIGEST_SCALE", "1000000"))
    two_workers = [] if os.environ.get("DIGEST_SCALE_STORE") else shares.rows()
    return [*two_workers, *(_many_subscribers(number) if number else [])]


def _many_subscribers(number: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = os.environ.get("DIGEST_SCALE_STORE", f"sqlite:///{folder / 'digest.db'}")
        settings = parse_settings('[newsletter]\ntitle="T"\nfrom="d@example.org"\n', path=folder / "digest.toml")
        store = open_store(url)
        context = Context(settings, store, lambda: datetime.now(UTC))
        _write(folder / "subscribers.csv", number)
        started, worked = time.perf_counter(), time.process_time()
        assert import_file(context, folder / "subscribers.csv").added == number
        imported, worked = time.perf_counter() - started, time.process_time() - worked
        importing = _peak()
        started = time.perf_counter()
        with store.writing() as connection:
            assert deliveries.queue(connection, MAILING, now=context.clock()) == number
        queued = time.perf_counter() - started
        before = _now()
        after = _send(context, min(number, SENT))
        store.close()
    kind = "PostgreSQL" if url.startswith("postgres") else "SQLite"
    return [
        _row(f"import {number} subscribers, {kind} (processor: {worked:.0f} s)", imported, IMPORT_GOAL, "s"),
        _row(f"queue an edition for {number}, {kind}", queued, QUEUE_GOAL, "s"),
        _row("peak memory of the import", importing, MEMORY_GOAL, "MB"),
        _row(f"memory after sending {min(number, SENT)} (before: {before:.0f} MB)", after, MEMORY_GOAL, "MB"),
        _beside_a_plain_loop(min(number, COMPARED)),
    ]


def _beside_a_plain_loop(number: int) -> Row:
    """The best of three turns each."""
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder / "subscribers.csv", number)
            settings = parse_settings('[newsletter]\ntitle="T"\nfrom="d@example.org"\n', path=folder / "digest.toml")
            for place, times in (("ours.db", ours), ("plain.db", plain)):
                store = open_store(f"sqlite:///{folder / place}")
                started = time.process_time()
                if times is ours:
                    context = Context(settings, store, lambda: datetime.now(UTC))
                    assert import_file(context, folder / "subscribers.csv").added == number
                else:
                    _plain_loop(folder / "subscribers.csv", folder / place)
                times.append(time.process_time() - started)
                store.close()
    a, b = min(ours), min(plain)
    what = f"import {number} subscribers, processor time"
    return Row(what, round(a, 2), round(b, 2), "csv, email-validator and INSERT", round(b / a, 2), "s", spread(ours))


def _plain_loop(path: Path, database: Path) -> None:
    insert = (
        "INSERT INTO subscribers (email, email_key, name, themes, language, status, joined_at) "
        "VALUES (?, ?, ?, ?, '', 'active', ?)"
    )
    now = datetime.now(UTC).isoformat(" ")
    with path.open(encoding="utf-8", newline="") as file, closing(sqlite3.connect(database)) as connection, connection:
        for row in csv.DictReader(file):
            email = validate_email(row["email"], check_deliverability=False).normalized
            themes = json.dumps(row["themes"].split(";") if row["themes"] else [])
            connection.execute(insert, (email, email.casefold(), row["name"], themes, now))


def _row(what: str, ours: float, goal: float, unit: str) -> Row:
    return Row(what, round(ours, 1), goal, "the goal", round(goal / max(ours, 0.001), 2), unit)


def _write(path: Path, number: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("email,name,themes\n")
        for one in range(number):
            themes = "comms;civic-tech" if one % 3 else ""
            file.write(f"subscriber.{one}@dept{one % 500}.example.gov.uk,Subscriber Number {one},{themes}\n")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _now() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def _send(context: Context, number: int) -> float:
    """Send so many, and return the memory in use at the end, in MB."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        threading.Thread(target=_accept, args=(listening,), daemon=True).start()
        ledger = SenderLedger(
            context.store,
            MAILING,
            by=leases.claimant(),
            clock=context.clock,
            lease=timedelta(minutes=15),
            message_id=lambda subscriber: f"<{subscriber}@example.org>",
        )

        def build_message(claim: Claim) -> OutgoingMessage:
            return OutgoingMessage(Envelope("digest@example.org", claim.email), MESSAGE)

        server = MailServer("127.0.0.1", listening.getsockname()[1])
        outbox = Outbox(
            ledger,
            SenderPool(lambda: ([server], build_message), connections=8),
            rules=OutboxRules(),
            clock=context.clock,
        )
        assert outbox.run(number).sent == number
    return _now()


def _accept(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_take, args=(connection,), daemon=True).start()


def _take(connection: socket.socket) -> None:
    """An SMTP server that accepts every message and stores none."""
    with connection, connection.makefile("rb") as file:
        connection.sendall(b"220 sink\r\n")
        while line := file.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                connection.sendall(b"250-sink\r\n250 PIPELINING\r\n")
            elif verb == b"DATA":
                connection.sendall(b"354 go ahead\r\n")
                end, some = b"", b"x"
                while some and not end.endswith(b"\r\n.\r\n"):
                    some = file.read1(1 << 17)
                    end = (end + some)[-5:]
                connection.sendall(b"250 2.0.0 Ok\r\n")
            elif verb == b"QUIT":
                return
            else:
                connection.sendall(b"250 2.0.0 Ok\r\n")
