"""A sender in processes of its own, to be killed: python -m tests.mail.smtp.sender_process.

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
from pathlib import Path
from typing import Any

from digest.errors import DigestError
from digest.mail.smtp.outbox import Outbox, OutboxRules
from digest.mail.smtp.rate_limit import Patience
from digest.mail.smtp.sender_pool import SenderPool
from digest.model import Mailing
from digest.steps.sending.interrupted_runs import run_marks, sweep_interrupted
from digest.store import leases
from digest.store.engine import open_store
from digest.store.sender_ledger import SenderLedger
from digest.week import Week
from tests.mail.smtp.sender_setup import LoopbackSetup, message_id

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)


def clock() -> datetime:
    return datetime.now(UTC)


def send(
    url: str,
    folder: str,
    ports: list[int],
    connections: int,
    processes: int = 0,
    file_limit: int = 0,
    **rules: Any,
) -> None:
    """`folder` is where the marks are kept."""
    store, state = open_store(url, migrate=False), Path(folder)
    if file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    patience = Patience(tries=200, first_wait=0.01, longest_wait=0.1)
    how = OutboxRules(patience=patience, store_waits=(0.1, 0.1), **rules)
    again = True
    while again:
        sweep_interrupted(store, state, MAILING, clock)
        by = leases.claimant()
        ledger = SenderLedger(store, MAILING, by=by, clock=clock, lease=timedelta(minutes=15), message_id=message_id)
        with run_marks(store, state, by, MAILING, connections) as marks:
            pool = SenderPool(LoopbackSetup(tuple(ports)), processes=processes, connections=connections, marks=marks)
            Outbox(ledger, pool, rules=how, clock=clock).run()
            # On PostgreSQL the last claim of a killed sender may be committed after we looked.
            again = bool(sweep_interrupted(store, state, MAILING, clock).queued)


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
        # Only now may another process get the number: nobody will kill it any more.
        sys.stdin.readline()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
