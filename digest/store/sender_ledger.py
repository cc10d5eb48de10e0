"""The ledger of one sender: each step records, releases and claims deliveries in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection

from digest.clock import Clock
from digest.model import Claim, DeliveryResult, DeliveryState, LedgerStep, Mailing
from digest.store import claims
from digest.store.claims import ClaimBatch
from digest.store.engine import Store

_QUEUED, _DEFERRED = DeliveryState.QUEUED, DeliveryState.DEFERRED


class SenderLedger:
    """The deliveries of one mailing, for one sender. Use it as a context manager."""

    def __init__(
        self,
        store: Store,
        mailing: Mailing,
        *,
        by: str,
        clock: Clock,
        lease: timedelta,
        message_id: Callable[[int], str],
        approval: int = 0,
        capped: Collection[str] = (),
    ) -> None:
        """`approval` is the number of the approval whose text is sent, 0 for a correction. `capped` are the domains
        with a limit, each a lane of its own; the lane "" is all others."""
        self.mailing = mailing
        self._store = store
        self._by = by
        self._clock = clock
        self._lease = lease
        self._message_id = message_id
        self._approval = approval
        self._capped = tuple(sorted(capped))
        self._after: dict[str, int] = {}  # claimed up to here, by lane; rows given back lie behind it
        self._open = ExitStack()
        self._writing: Callable[[], AbstractContextManager[Connection]] = store.writing

    def __enter__(self) -> Self:
        self._writing = self._open.enter_context(self._store.writing_session())
        return self

    def __exit__(self, *exception: object) -> None:
        self._writing = self._store.writing
        self._open.close()

    def step(
        self, records: Sequence[DeliveryResult], released: Sequence[int], numbers: Mapping[str, int]
    ) -> LedgerStep:
        """Record results, release claims, and claim up to so many deliveries of each lane, in one transaction.

        When this returns, all is on the disk. Raises StoreError or BusyError; then nothing has changed.
        """
        now = self._clock()
        after = dict(self._after)
        batches: dict[str, ClaimBatch] = {}
        with self._writing() as connection:
            claims.record(connection, records, by=self._by, now=now)
            claims.release(connection, released, by=self._by, now=now)
            for lane, number in numbers.items():
                batches[lane] = self._claimed(connection, lane, number, after.get(lane, 0), now)
                after[lane] = batches[lane].last
        self._after = after
        return LedgerStep(
            tuple(claim for batch in batches.values() for claim in batch.claims),
            sum(batch.suppressed for batch in batches.values()),
            frozenset(lane for lane, batch in batches.items() if len(batch.claims) < numbers[lane]),
        )

    def _claimed(self, connection: Connection, lane: str, limit: int, after: int, now: datetime) -> ClaimBatch:
        """Claim queued deliveries after the last claim, then released ones before it, then due deferred ones."""
        claimed: list[Claim] = []
        suppressed = 0
        for state, start in ((_QUEUED, after), (_QUEUED, 0), (_DEFERRED, 0)):
            while len(claimed) < limit:
                batch = claims.claim(
                    connection,
                    self.mailing,
                    limit - len(claimed),
                    by=self._by,
                    now=now,
                    lease=self._lease,
                    message_id=self._message_id,
                    approval=self._approval,
                    after=start,
                    state=state,
                    domain=lane,
                    not_domains=() if lane else self._capped,
                )
                if not batch.last:
                    break
                claimed += batch.claims
                suppressed += batch.suppressed
                start = batch.last
                if state is _QUEUED:
                    after = max(after, start)
        return ClaimBatch(claimed, suppressed, after)
