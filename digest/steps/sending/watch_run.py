"""Watch a run that sends: end it early when an editor, a signal or another run asks for that, and keep its lease."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from digest.errors import DigestError
from digest.mail.smtp.outbox import Outbox
from digest.mail.smtp.sender_pool import STOPPING
from digest.model import EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.polling import run_every
from digest.steps.sending.turn import Turn
from digest.store import editions

_LOOK_SECONDS = 1.0


def pause_of(connection: Connection, mailing: Mailing) -> str | None:
    """Return who has paused the sending; None for nobody. A correction cannot be paused."""
    row = None if mailing.correction else editions.find(connection, mailing.week)
    return row.paused_by if row is not None and row.paused_at is not None else None


@dataclass(slots=True)
class Stop:
    """Ends a run early, and remembers why."""

    outbox: Outbox
    reason: str = ""  # an editor's decision; "" for none
    paused: bool = False
    program_ends: bool = False

    def end_program(self) -> None:
        self.program_ends = True
        self.outbox.drain()

    def decided(self, reason: str, *, paused: bool = False) -> None:
        self.reason, self.paused = reason, paused
        self.outbox.drain()


@contextmanager
def watched(context: Context, mailing: Mailing, stop: Stop, turn: Turn, stopping: Callable[[], bool]) -> Iterator[None]:
    """Watch the run in a thread: end it when an editor holds or pauses the edition or `stopping` returns True.

    The thread also renews the lease, so that other runs see that this one is alive.
    """
    week = mailing.week

    def look() -> None:
        if stopping():
            stop.end_program()
        with suppress(DigestError):  # the sender meets the same error and reports it
            with context.store.reading() as connection:
                row = editions.find(connection, week)
                paused_by = pause_of(connection, mailing)
            if row is not None and row.status is EditionStatus.HELD:
                stop.decided("the edition was held")
            elif paused_by is not None:
                stop.decided(f"paused by {paused_by}", paused=True)
            elif turn.lost():
                stop.decided("another run has taken over, as this one did not renew its lease in time")
            turn.renew()

    with run_every(_LOOK_SECONDS, look, name="watch-for-hold"):
        yield


@contextmanager
def drained_by_signals(stop: Stop) -> Iterator[None]:
    """On SIGTERM, SIGINT or SIGHUP, finish the transactions that have begun and leave the rest queued."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread, whose code calls `stopping`
        return

    def drain(_number: int, _frame: object) -> None:
        stop.end_program()

    before: dict[signal.Signals, Callable[..., object] | int | None] = {}
    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            before[number] = signal.signal(number, drain)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
