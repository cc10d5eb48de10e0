"""Caps for the domains of readers: how many of which lane may be claimed now. Pure: time is passed in, in seconds.

A lane is a domain with a cap of its own; the lane "" is everybody else. Readers of a capped domain are claimed only as
fast as their cap allows, so that they wait in the ledger, where nothing is uncertain about them, and hold nobody up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from digest.mail.rate import TokenBucket

REST = ""


class Lanes:
    """The lanes of one run, and which of them have nobody waiting."""

    def __init__(self, caps: Mapping[str, float], now: float) -> None:
        """`caps`: messages a second by domain."""
        self._buckets = {domain: TokenBucket(rate, now) for domain, rate in caps.items()}
        self._empty: set[str] = set()

    @property
    def exhausted(self) -> bool:
        """Whether nobody waits in any lane."""
        return len(self._empty) == len(self._buckets) + 1

    def found(self, asked: Iterable[str], empty: Iterable[str]) -> None:
        """The ledger was asked for readers of these lanes, and some had fewer than were asked for."""
        self._empty = (self._empty - set(asked)) | set(empty)

    def refill(self) -> None:
        """Readers went back to the ledger: any lane may have some again."""
        self._empty.clear()

    def available(self, now: float) -> float:
        """How many may be claimed now at most."""
        if REST not in self._empty:
            return math.inf
        return sum(bucket.ready(now) for bucket in self._waiting().values())

    def take(self, wanted: int, now: float) -> dict[str, int]:
        """How many of `wanted` to claim from which lane: the capped ones first, for they take longest."""
        taken: dict[str, int] = {}
        left = wanted
        for domain, bucket in self._waiting().items():
            if granted := bucket.take(left, now) if left else 0:
                taken[domain] = granted
                left -= granted
        # Where nothing is capped, asking costs nothing, and finds what a person has ordered meanwhile.
        if left and (REST not in self._empty or not self._buckets):
            taken[REST] = left
        return taken

    def wait(self, now: float) -> float:
        """Seconds until somebody may be claimed."""
        if REST not in self._empty:
            return 0.0
        return min((bucket.wait(now) for bucket in self._waiting().values()), default=0.0)

    def _waiting(self) -> dict[str, TokenBucket]:
        return {domain: bucket for domain, bucket in self._buckets.items() if domain not in self._empty}
