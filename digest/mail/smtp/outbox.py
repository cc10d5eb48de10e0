"""The outbox: sends what the ledger holds, each message once.

    clerk (this thread)                          workers (one connection each): `digest.mail.smtp.sender_pool`
    ───────────────────                          ─────────────────────────────────────────────────
    record what the workers report,   ◀─Done──  build the message, speak SMTP
    claim one delivery for each idle one,        (decide nothing, touch no store)
    commit both as one transaction     ─Claim─▶

Every claim is committed before its worker gets it, and a worker holds one claim at a time. So after any crash, at most
as many deliveries are uncertain as there are connections; their marks (`digest.mail.smtp.dot_marks`) tell which.
Workers that finish while the clerk commits share the next commit: one write to the disk for several messages.
"""

from __future__ import annotations

import heapq
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from digest.clock import Clock
from digest.errors import BusyError, DigestError, StoreError
from digest.log import without_recipient
from digest.mail.message.header_encoding import wire_address
from digest.mail.smtp.allotment import Allotment, SharedWorkers
from digest.mail.smtp.classify_reply import (
    BackOff,
    NoReply,
    NotSent,
    Outcome,
    Replied,
    describe,
    is_open_after,
    settle,
)
from digest.mail.smtp.domain_limits import DomainLanes
from digest.mail.smtp.rate_limit import Patience, TokenBucket
from digest.mail.smtp.sender_pool import SenderPool, WorkerReport
from digest.mail.smtp.server_watch import ServerWatch
from digest.model import Claim, DeliveryResult, DeliveryState, LedgerStep, Reply

LOG = logging.getLogger(__name__)

_let_others_run: Callable[[], object] = getattr(os, "sched_yield", lambda: time.sleep(0))

NOTHING_FOR_THIS_SUBSCRIBER = Reply(0, text="the edition has no posts in the subscriber's themes")


class OutboxLedger(Protocol):
    """Where deliveries are claimed and recorded: see `digest.store.sender_ledger`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def step(
        self, records: Sequence[DeliveryResult], released: Sequence[int], numbers: Mapping[str, int]
    ) -> LedgerStep:
        """`numbers` says how many to claim of which lane. All or nothing; on the disk when it returns.

        Raises StoreError or BusyError.
        """
        ...


@dataclass(frozen=True, slots=True)
class OutboxRules:
    """How to send."""

    rate_per_second: float = 0.0  # 0: as fast as the server takes it
    per_domain: Mapping[str, float] = field(default_factory=dict)  # messages a second to subscribers of these domains
    back_off: BackOff = field(default_factory=BackOff)
    patience: Patience = field(default_factory=Patience)
    store_waits: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)  # seconds between tries to record what was sent


@dataclass(frozen=True, slots=True)
class Tally:
    """What one run did. Why it stopped early is in `stopped`; "" means that nothing is left to do now."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0
    stopped: str = ""
    unreachable: bool = False  # it stopped because no mail server can be reached, or none accepts anything
    rejected: int = 0  # subscribers who failed just before that, for what is not plainly theirs
    busy: bool = False  # another run is sending, and this one left the deliveries to it
    remedy: str = ""  # what to do about why it stopped, where that is known
    paused: bool = False  # it stopped because somebody has paused the sending


class Outbox:
    """Sends the deliveries of one ledger. `run()` is called once, from the thread that gets the signals."""

    def __init__(
        self,
        ledger: OutboxLedger,
        pool: SenderPool,
        *,
        rules: OutboxRules,
        clock: Clock,
        progress: Callable[[Tally], None] | None = None,
        allotment: Callable[[], Allotment] | None = None,
    ) -> None:
        """`allotment` says what this run may use at a moment, where others send as well; None: all."""
        self._ledger = ledger
        self._pool = pool
        self._rules = rules
        self._clock = clock
        self._progress = progress
        self._allotment = allotment
        self._draining = threading.Event()

    def drain(self) -> None:
        """Finish what is under way and claim no more. May be called from a signal handler."""
        self._draining.set()

    def run(self, limit: int | None = None) -> Tally:
        """Send until nothing is left to do, `limit` deliveries were claimed, or the server cannot be reached.

        Raises StoreError or BusyError when the ledger cannot be written, and what building a message raised.
        """
        clerk = _Clerk(self._ledger, self._pool, self._rules, self._clock, self._draining, limit, self._progress)
        if self._allotment is not None:
            clerk.shared = SharedWorkers(self._allotment)
        try:
            self._pool.start()
            return clerk.run()
        finally:
            self._pool.stop()


def _log(claim: Claim, settled: DeliveryResult, outcome: Replied | NoReply) -> None:
    """One record a delivery: DEBUG when it was sent, INFO when it was rejected or deferred, WARNING when uncertain."""
    levels = {DeliveryState.SENT: logging.DEBUG, DeliveryState.UNCERTAIN: logging.WARNING}
    level = levels.get(settled.state, logging.INFO)
    if LOG.isEnabledFor(level):
        text = _text(claim, outcome)
        LOG.log(level, "Delivery %d %s: %s", claim.id, settled.state.value, text, extra={"delivery": claim.id})


def _text(claim: Claim, outcome: Replied | NoReply) -> str:
    """What became of a delivery, without its address."""
    reply = outcome.reason if isinstance(outcome, NoReply) else describe(outcome.reply)
    return without_recipient(reply, *_forms(claim.email))


def _forms(address: str) -> tuple[str, ...]:
    """How a server may quote an address: as it is, and as it went over the wire."""
    try:
        return address, wire_address(address)
    except ValueError:  # the message was not made either
        return (address,)


class _Clerk:
    """Decides and records. Runs in one thread, so that nothing here needs a lock."""

    def __init__(
        self,
        ledger: OutboxLedger,
        pool: SenderPool,
        rules: OutboxRules,
        clock: Clock,
        draining: threading.Event,
        limit: int | None,
        progress: Callable[[Tally], None] | None,
    ) -> None:
        self._ledger = ledger
        self._pool = pool
        self._rules = rules
        self._clock = clock
        self._draining = draining
        self._left = limit
        self._progress = progress
        self._bucket = TokenBucket(rules.rate_per_second, time.monotonic())
        self._watch = ServerWatch(rules.patience, len(pool), time.monotonic())
        self._eras: dict[int, int] = {}  # of the claims that workers hold: `AdaptivePace.era`
        self._idle: list[int] = []  # workers waiting for a claim
        self._parked: list[tuple[float, int]] = []  # workers that wait until a moment, after a failure
        self._busy = set(range(len(pool)))  # workers from whom a report is due; each reports once when it is ready
        self._connected: set[int] = set()  # workers with an open connection, as far as we know
        self._dead: set[int] = set()  # workers that died
        self._settled: list[DeliveryResult] = []
        self._released: list[int] = []
        self._counts = dict.fromkeys(("sent", "deferred", "failed", "uncertain", "suppressed"), 0)
        self._fatal: BaseException | None = None
        self._lanes = DomainLanes(rules.per_domain, time.monotonic())
        self._used_up = False  # `limit` deliveries were claimed
        self.shared: SharedWorkers | None = None  # where other runs send as well

    def run(self) -> Tally:
        with self._ledger:
            while True:
                self._listen()
                claims = self._commit()
                if claims:
                    workers = [self._idle.pop() for _ in claims]
                    self._busy.update(workers)
                    self._eras.update(dict.fromkeys(workers, self._watch.pace.era))
                    self._pool.assign(zip(workers, claims, strict=True), anew=self._watch.wants_new_connections)
                if not self._busy and not self._settled and not self._released and (self._exhausted or self._ending):
                    break
        if self._fatal is not None:
            raise self._fatal
        return self._tally()

    @property
    def _exhausted(self) -> bool:
        return self._used_up or self._lanes.exhausted

    @property
    def _ending(self) -> bool:
        return bool(self._watch.stopped or self._fatal or self._draining.is_set())

    def _tally(self) -> Tally:
        stopped = self._watch.stopped or ("stopped on request" if self._draining.is_set() else "")
        return Tally(
            **self._counts,  # type: ignore[arg-type]  # its keys are names of numbers
            stopped=stopped,
            unreachable=bool(self._watch.stopped),
            rejected=self._watch.rejected,
            busy=False,
            remedy=self._watch.remedy,
        )

    # --- Reports ---

    def _listen(self) -> None:
        """Wait for a report, or for the moment when an idle worker may go on; then take all reports there are.

        While reports keep coming, yield the processor in between: more workers then share the commit, and no worker
        waits while the machine is idle.
        """
        reports = self._pool.reports(self._wait())
        while reports:
            for done in reports:
                self._take_report(done)
            _let_others_run()
            reports = self._pool.reports(0.0)
        now = time.monotonic()
        while self._parked and (self._parked[0][0] <= now or self._ending):
            self._idle.append(heapq.heappop(self._parked)[1])

    def _wait(self) -> float:
        """Seconds until there may be something to do without a report."""
        now = time.monotonic()
        waits = [self._parked[0][0] - now] if self._parked else []
        if self._settled or self._released:
            waits.append(0.0)
        if not self._exhausted and not self._ending and self._room:
            waits.append(max(self._bucket.wait(now), self._watch.pace.wait(now), self._lanes.wait(now)))
        if not self._busy and (self._exhausted or self._ending):
            waits.append(0.0)
        # A signal handler cannot wake the selector: look up now and then.
        return max(0.0, min([0.5, *waits]))

    def _take_report(self, done: WorkerReport) -> None:
        self._busy.discard(done.worker)
        wait = self._settle(done)
        if done.died:
            self._lost(done.worker)
        elif wait:
            heapq.heappush(self._parked, (time.monotonic() + wait, done.worker))
        else:
            self._idle.append(done.worker)

    def _settle(self, done: WorkerReport) -> float:
        """Settle the claim of a report. Return how many seconds its worker waits."""
        claim, result = done.claim, done.result
        if isinstance(result, BaseException):
            self._fatal = self._fatal or result
        if claim is None:
            return 0.0
        self._watch.pace.answered()
        era = self._eras[done.worker]
        if isinstance(result, Outcome):
            (self._connected.add if is_open_after(result) else self._connected.discard)(done.worker)
        if isinstance(result, BaseException):
            self._release(claim)
        elif isinstance(result, NotSent):
            self._release(claim)
            if not done.died:  # otherwise the failure is ours
                others = bool(self._busy or self._connected)
                return self._watch.not_sent(result, era, time.monotonic(), others=others)
        else:
            self._server_answered(claim, result, era)
        return 0.0

    def _lost(self, worker: int) -> None:
        """A worker died. The others go on, while there are any."""
        self._dead.add(worker)
        self._connected.discard(worker)
        self._idle = [one for one in self._idle if one != worker]
        self._parked = [one for one in self._parked if one[1] != worker]
        heapq.heapify(self._parked)
        if len(self._dead) == len(self._pool) and not self._ending:
            self._fatal = self._fatal or DigestError(
                "All sender processes have died. Is there enough memory?",
                "Deliveries that were not started are still queued: the next run sends them.",
            )

    def _server_answered(self, claim: Claim, outcome: Replied | NoReply | None, era: int) -> None:
        now = time.monotonic()
        if outcome is None:
            self._settled.append(DeliveryResult(claim.id, DeliveryState.SUPPRESSED, NOTHING_FOR_THIS_SUBSCRIBER))
            return
        if isinstance(outcome, Replied) and self._watch.is_throttled(claim.id, outcome, era, now):
            LOG.info("Delivery %d throttled: %s", claim.id, _text(claim, outcome), extra={"delivery": claim.id})
            self._release(claim)
            return
        settled = settle(
            claim.id,
            outcome,
            attempts=claim.attempts + 1,
            now=self._clock(),
            since=claim.deferred_since,
            rule=self._rules.back_off,
        )
        self._settled.append(settled)
        _log(claim, settled, outcome)
        if isinstance(outcome, NoReply):
            self._watch.lost(outcome)
        elif settled.state is DeliveryState.SENT:
            self._watch.accepted(era, now)
        else:
            self._watch.refused(outcome.reply, failed=settled.state is DeliveryState.FAILED)

    def _release(self, claim: Claim) -> None:
        self._released.append(claim.id)
        self._lanes.refill(self._lanes.lane_of(claim.email))

    # --- Sharing with other runs ---

    @property
    def _room(self) -> int:
        """How many idle workers may get a claim."""
        return len(self._idle) if self.shared is None else self.shared.room(self._idle, self._busy)

    def _follow(self, shared: SharedWorkers, now: float) -> None:
        """Adapt to what this run may use now; close connections that are other runs' by now."""
        if shared.changed() and shared.allotted.connections:
            self._bucket.limit_to(self._rules.rate_per_second * shared.allotted.fraction, now)
            self._lanes.limit_to(shared.allotted.fraction, now)
        surplus = shared.surplus(self._idle, self._connected | self._busy)
        self._connected.difference_update(surplus)
        self._pool.hang_up(surplus)

    # --- Recording ---

    def _wanted(self) -> dict[str, int]:
        """How many deliveries to claim of which lane."""
        if self._ending:
            return {}
        now = time.monotonic()
        if self.shared is not None:
            self._follow(self.shared, now)
        room = self._room
        most = min(room, self._lanes.available(now), room if self._left is None else self._left)
        return self._lanes.take(self._bucket.take(self._watch.pace.ready(int(most), now), now), now)

    def _commit(self) -> Sequence[Claim]:
        """Record, release and claim in one transaction. After a failure of the store, only record."""
        wanted = self._wanted()
        if not wanted and not self._settled and not self._released:
            self._used_up = self._left == 0
            return ()
        step = None
        for wait in (*self._rules.store_waits, 0.0):
            try:
                step = self._ledger.step(self._settled, self._released, wanted)
                break
            except (StoreError, BusyError) as error:
                self._fatal = self._fatal or error
                wanted = {}
                time.sleep(wait)
        if step is None:
            # What was sent could not be recorded: it stays claimed, and becomes uncertain.
            self._settled, self._released = [], []
            return ()
        for settled in self._settled:
            self._counts[settled.state.value] += 1
        self._counts["suppressed"] += step.suppressed
        released = len(self._released)
        self._settled, self._released = [], []
        if self._left is not None:
            self._left += released - len(step.claims)
        self._used_up = self._left == 0
        self._lanes.record(wanted, step.empty, time.monotonic())
        self._watch.pace.began(len(step.claims), time.monotonic())
        if self._progress is not None:
            self._progress(self._tally())
        return step.claims
