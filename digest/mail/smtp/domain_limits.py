"""Rate limits for single domains (`[smtp] per_domain`): how many deliveries of which lane may be claimed now. Pure:
time is passed in, in seconds.

A lane is a domain with a limit of its own; the lane "" is everybody else. Deliveries of a limited domain are claimed
only as fast as the limit allows. Until then they stay queued: a crash makes none of them uncertain, and they delay
nobody else.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

from digest.mail.smtp.rate_limit import TokenBucket

REST = ""


class DomainLanes:
    """The lanes of one run, and which of them have nothing queued."""

    LOOK_AGAIN = 300.0  # seconds; deferred deliveries wait at least as long, and the query takes a while

    def __init__(self, caps: Mapping[str, float], now: float) -> None:
        """`caps`: messages a second, by domain."""
        self._caps = caps
        self._buckets = {domain: TokenBucket(rate, now) for domain, rate in caps.items()}
        self._empty: dict[str, float] = {}  # when nothing was queued there

    def limit_to(self, fraction: float, now: float) -> None:
        """From now on, only so much of each limit."""
        for domain, bucket in self._buckets.items():
            bucket.limit_to(self._caps[domain] * fraction, now)

    @property
    def exhausted(self) -> bool:
        """Whether nothing is queued in any lane."""
        return len(self._empty) == len(self._buckets) + 1

    def lane_of(self, email: str) -> str:
        domain = email.rpartition("@")[2].lower()
        return domain if domain in self._buckets else REST

    def record(self, lanes: Iterable[str], empty: Collection[str], now: float) -> None:
        """Note that deliveries of `lanes` were claimed, and that those in `empty` had fewer than wanted."""
        for lane in lanes:
            self._empty.pop(lane, None)
            if lane in empty:
                self._empty[lane] = now

    def refill(self, lane: str) -> None:
        """Note that a delivery of this lane was queued again."""
        self._empty.pop(lane, None)

    def available(self, now: float) -> float:
        """How many deliveries may be claimed now at most."""
        if self._may_wait(REST, now):
            return math.inf
        return sum(bucket.ready(now) for bucket in self._waiting(now).values())

    def take(self, most: int, now: float) -> dict[str, int]:
        """How many of `most` to claim from which lane: the limited ones first, for they take longest."""
        numbers: dict[str, int] = {}
        left = most
        for domain, bucket in self._waiting(now).items():
            if granted := bucket.take(left, now) if left else 0:
                numbers[domain] = granted
                left -= granted
        if left and self._may_wait(REST, now):
            numbers[REST] = left
        return numbers

    def wait(self, now: float) -> float:
        """Seconds until a delivery may be claimed."""
        if self._may_wait(REST, now):
            return 0.0
        return min((bucket.wait(now) for bucket in self._waiting(now).values()), default=0.0)

    def _waiting(self, now: float) -> dict[str, TokenBucket]:
        return {domain: bucket for domain, bucket in self._buckets.items() if self._may_wait(domain, now)}

    def _may_wait(self, lane: str, now: float) -> bool:
        """Whether to ask for subscribers of a lane: while another one goes on for hours, who was put off becomes
        due."""
        since = self._empty.get(lane)
        return since is None or (now - since >= self.LOOK_AGAIN and not self.exhausted)
