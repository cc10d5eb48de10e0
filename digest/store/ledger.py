"""The ledger as a sender uses it: one step records, releases and claims in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Self

from sqlalchemy import Connection

from digest.clock import Clock
from digest.model import Claim, DeliveryState, LedgerStep, Settled
from digest.store import claims
from digest.store.engine import Store

_QUEUED, _DEFERRED = DeliveryState.QUEUED, DeliveryState.DEFERRED


class Ledger:
    """The deliveries of one week, in the hands of one sender. Use it as a context manager."""

    def __init__(
        self,
        store: Store,
        week: str,
        *,
        by: str,
        clock: Clock,
        lease: timedelta,
        message_id: Callable[[int], str],
    ) -> None:
        self.week = week
        self._store = store
        self._by = by
        self._clock = clock
        self._lease = lease
        self._message_id = message_id
        self._after = 0  # claimed up to here; rows given back lie behind it
        self._open = ExitStack()
        self._writing: Callable[[], AbstractContextManager[Connection]] = store.writing

    def __enter__(self) -> Self:
        self._writing = self._open.enter_context(self._store.steadily())
        return self

    def __exit__(self, *exception: object) -> None:
        self._writing = self._store.writing
        self._open.close()

    def step(self, records: Sequence[Settled], released: Sequence[int], wanted: int) -> LedgerStep:
        """Record and release what came back, and claim up to `wanted` deliveries; all or nothing.

        When this returns, it is on the disk. Raises StoreError or BusyError; then nothing of it has happened.
        """
        now = self._clock()
        with self._writing() as connection:
            claims.record(connection, records, by=self._by, now=now)
            claims.release(connection, released, by=self._by, now=now)
            after, suppressed = self._after, 0
            claimed: list[Claim] = []
            # Onwards; from the beginning, for what was given back; then what was put off and is due.
            for state, start in ((_QUEUED, after), (_QUEUED, 0), (_DEFERRED, 0)):
                while len(claimed) < wanted:
                    batch = claims.claim(
                        connection,
                        self.week,
                        wanted - len(claimed),
                        by=self._by,
                        now=now,
                        lease=self._lease,
                        message_id=self._message_id,
                        after=start,
                        state=state,
                    )
                    if not batch.last:
                        break
                    claimed += batch.claims
                    suppressed += batch.suppressed
                    start = batch.last
                    if state is _QUEUED:
                        after = max(after, start)
        self._after = after
        return LedgerStep(tuple(claimed), suppressed, exhausted=len(claimed) < wanted)
