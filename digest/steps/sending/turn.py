"""Who may send a mailing now: one run at a time, or with `[scale] shares` several on different machines.

    one run      a lease, and all connections and rates
    shares       each a lease, and a part of the connections and rates; the parts change as shares come and go

A share acts on a look at the leases that is at most `_FRESH` old, and claims nothing otherwise; a new share waits so
long before its first claim. So all shares together never use more than the settings allow, even if one of them stands
still for a while. What a dead share had is free when its lease ends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from digest.log import for_week
from digest.mail.smtp.allotment import NOTHING, Allotment, split
from digest.model import Mailing
from digest.steps.context import Context
from digest.steps.lease import RENEWAL_SECONDS, take, take_over
from digest.steps.sending.interrupted_runs import sweep_interrupted
from digest.store import deliveries, leases, shares

LOG = logging.getLogger(__name__)

_FRESH = 4.0  # seconds
_RENEW_SECONDS = 2.0
_LOOK_SECONDS = 1.0


class Turn(Protocol):
    """A run's right to send. `renew` is called every second while it sends, from another thread."""

    by: str  # its claimant
    lease: str  # that no other run has meanwhile; "" where several have leases
    allotment: Callable[[], Allotment] | None  # None: everything that the settings allow

    def take(self, *, patient: bool, stopping: Callable[[], bool]) -> str:
        """Take the lease. Return who sends instead; "" if this run may.

        `patient` waits first until those who send are known to live.
        """
        ...

    def renew(self) -> None: ...

    def lost(self) -> bool:
        """Whether another run has taken over, so that this one must end."""
        ...

    def leave(self) -> int:
        """Release the lease. Return how many other runs go on sending."""
        ...


def turn_of(context: Context, mailing: Mailing) -> Turn:
    return _Share(context, mailing) if context.settings.scale.shares > 1 else _OnlyRun(context, mailing)


class _OnlyRun:
    allotment: Callable[[], Allotment] | None = None

    def __init__(self, context: Context, mailing: Mailing) -> None:
        self.by = leases.claimant()
        self._context = context
        self.lease = f"send:{mailing}"
        self._renewed = time.monotonic()

    def take(self, *, patient: bool, stopping: Callable[[], bool]) -> str:
        store, clock = self._context.store, self._context.clock
        if patient:
            holder = take_over(store, self.lease, self.by, clock=clock, stopping=stopping)
        else:
            holder = take(store, self.lease, self.by, clock=clock)
        self._renewed = time.monotonic()
        if holder == self.by:
            return ""
        where, process = holder.partition("/")[0], holder.split("|")[1]
        return f"another run is sending it: process {process} on {where}"

    def renew(self) -> None:
        if time.monotonic() - self._renewed > RENEWAL_SECONDS:
            take(self._context.store, self.lease, self.by, clock=self._context.clock)
            self._renewed = time.monotonic()

    def lost(self) -> bool:
        with self._context.store.reading() as connection:
            return leases.holder(connection, self.lease) != self.by

    def leave(self) -> int:
        with self._context.store.writing() as connection:
            leases.release(connection, self.lease, self.by)
        return 0


class _Share:
    lease = ""

    def __init__(self, context: Context, mailing: Mailing) -> None:
        self.by = shares.claimant()
        self.allotment: Callable[[], Allotment] | None = self._allotment
        self._context = context
        self._mailing = mailing
        self._part = NOTHING
        self._looked = 0.0
        self._begins = 0.0

    def take(self, *, patient: bool, stopping: Callable[[], bool]) -> str:
        until = time.monotonic() + (shares.LASTING.total_seconds() + _LOOK_SECONDS if patient else 0.0)
        while (standing := self._look()) is None and time.monotonic() < until and not stopping():
            time.sleep(_LOOK_SECONDS)
        if standing is None:
            return f"{self._context.settings.scale.shares} other runs are sending it, as many as [scale] shares allows"
        for_week(LOG, self._mailing).info("This run is one of %d that send.", standing.living)
        return ""

    def renew(self) -> None:
        if time.monotonic() - self._looked >= _RENEW_SECONDS:
            self._look()

    def lost(self) -> bool:
        return False  # without a slot it claims nothing, and takes the next one that is free

    def leave(self) -> int:
        self._part = NOTHING
        with self._context.store.writing() as connection:
            return shares.leave(connection, self._mailing, self.by)

    def _look(self) -> shares.Standing | None:
        at = time.monotonic()  # before: the store may answer late
        with self._context.store.writing() as connection:
            standing = shares.renew(connection, self._mailing, self.by, most=self._context.settings.scale.shares)
        smtp = self._context.settings.smtp
        part = NOTHING
        if standing is not None:
            part = split(smtp.connections, place=standing.place, living=standing.living)
            if not standing.renewed and standing.living > 1:
                # The others still use this share's part, until they have seen its lease.
                self._begins = time.monotonic() + _FRESH
        self._part, self._looked = part, at
        return standing

    def _allotment(self) -> Allotment:
        now = time.monotonic()
        return self._part if self._begins <= now <= self._looked + _FRESH else NOTHING


def wait_for_tail(context: Context, mailing: Mailing, *, stopping: Callable[[], bool]) -> int:
    """Wait until no other share has a message under way; settle what a dead one had. Return how many are queued."""
    while True:
        with context.store.reading() as connection:
            others = shares.living(connection, mailing)
        sweep_interrupted(context.store, context.settings.state_folder, mailing, context.clock)
        with context.store.reading() as connection:
            counts = deliveries.counts(connection, mailing)
        if counts.queued or not counts.sending or not others or stopping():
            return counts.queued
        time.sleep(_LOOK_SECONDS)
