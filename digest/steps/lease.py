"""Hold a lease while a piece of work lasts: renewed as long as this run lives, taken over when it has died.

A lease is short, because a run on another machine is known to be dead only when its lease has ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from digest.clock import Clock
from digest.errors import BusyError, DigestError
from digest.steps.polling import run_every
from digest.store import leases
from digest.store.engine import Store

LASTING = timedelta(minutes=1)
RENEWAL_SECONDS = LASTING.total_seconds() / 6
_LOOK_SECONDS = 1.0


def take(store: Store, name: str, by: str, *, clock: Clock) -> str:
    """Take or renew the lease `name` for `by`; return who holds it. The lease of a dead run is taken over."""
    now = clock()
    with store.writing() as connection:
        return leases.acquire(connection, name, by, now=now, until=now + LASTING)


def take_over(store: Store, name: str, by: str, *, clock: Clock, stopping: Callable[[], bool] = lambda: False) -> str:
    """As `take`; if another run holds the lease, wait until it renews it, which shows that it lives, or it ends.

    For a run that lives this takes as long as its next renewal does; at most it takes as long as a lease lasts.
    """
    ends = _ends(store, name)
    deadline = time.monotonic() + LASTING.total_seconds() + 2 * _LOOK_SECONDS
    while True:
        holder = take(store, name, by, clock=clock)
        if holder == by or _ends(store, name) not in (ends, None) or stopping() or time.monotonic() > deadline:
            return holder
        time.sleep(_LOOK_SECONDS)  # a store cannot tell us


def _ends(store: Store, name: str) -> datetime | None:
    with store.reading() as connection:
        return leases.ends(connection, name)


@contextmanager
def hold(store: Store, name: str, *, clock: Clock, patient: bool = False) -> Iterator[None]:
    """Hold the lease `name` for the block. Raises BusyError if another run has it.

    `patient` waits first until that run is known to live, or its lease ends.
    """
    by = leases.claimant()
    holder = (take_over if patient else take)(store, name, by, clock=clock)
    if holder != by:
        raise BusyError(
            f"Another run holds {name} (process {holder.split('|')[1]} on {holder.split('/')[0]}).",
            "Wait until it is done. A run that died is taken over automatically.",
        )

    def renew() -> None:
        with suppress(DigestError):  # the block meets the same error and reports it
            take(store, name, by, clock=clock)

    try:
        with run_every(RENEWAL_SECONDS, renew, name="renew-lease"):
            yield
    finally:
        with store.writing() as connection:
            leases.release(connection, name, by)
