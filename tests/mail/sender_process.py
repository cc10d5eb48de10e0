"""A sender in processes of its own, to be killed: python -m tests.mail.sender_process.

Reads a JSON line for each run, forks a child that sends, prints {"pid"} and, when the child has ended, {"status"}; then
waits for an empty line.
Forking from a process that has imported everything lets a test kill hundreds of senders in seconds.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.errors import DigestError
from digest.mail.outbox import Letter, Outbox, Rules
from digest.mail.rate import Patience
from digest.mail.smtp import Envelope, Server
from digest.model import Claim
from digest.store import deliveries, leases
from digest.store.engine import open_store
from digest.store.ledger import Ledger

WEEK = "2019-W12"
BODY = b"x" * 76 + b"\r\n"


def message_id(subscriber: int) -> str:
    return f"<{subscriber}@test.example>"


def letter_for(claim: Claim) -> Letter:
    head = f"Message-ID: {message_id(claim.subscriber)}\r\nTo: {claim.email}\r\n\r\n".encode()
    return Letter(Envelope("digest@test.example", claim.email), head + BODY * 20)


def clock() -> datetime:
    return datetime.now(UTC)


def send(url: str, ports: list[int], connections: int, file_limit: int = 0, **rules: Any) -> None:
    store = open_store(url, migrate=False)
    if file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    with store.writing() as connection:
        deliveries.sweep(connection, WEEK, now=clock(), is_dead=leases.is_dead)
    ledger = Ledger(store, WEEK, by=leases.claimant(), clock=clock, lease=timedelta(minutes=15), message_id=message_id)
    servers = [Server("127.0.0.1", port, timeout=10) for port in ports]
    patience = Patience(tries=200, first_wait=0.01, longest_wait=0.1)
    how = Rules(connections=connections, patience=patience, store_waits=(0.1, 0.1), **rules)
    outbox = Outbox(ledger, servers, letter_for, rules=how, clock=clock)
    outbox.run()
    with store.writing() as connection:
        # On PostgreSQL the last claim of a killed sender may be committed after we looked.
        deliveries.sweep(connection, WEEK, now=clock(), is_dead=leases.is_dead)


def say(what: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    while line := sys.stdin.readline():
        options = json.loads(line)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                send(**options)
                status = 0
            except DigestError as error:
                sys.stderr.write(f"sender: {error}\n")
            finally:
                os._exit(status)
        say({"pid": pid})
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        say({"status": ended.si_status})
        # Only now may the number be given to another process: nobody will kill it any more.
        sys.stdin.readline()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
