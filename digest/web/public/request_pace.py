"""How fast one network may ask for mails: the more of them nobody has confirmed, the longer each further one takes.

So an office or a conference gets in, and a script does not fill the mailboxes of strangers. Counted in memory.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """Numbers are of requests within `seconds` that nobody has confirmed."""

    seconds: float = 3600.0
    free: int = 20  # of one network, at once
    delay: float = 0.5  # seconds more for each further one
    most: int = 200  # of one network; after them it is refused
    total_free: int = 500  # of all networks
    total_delay: float = 0.02
    longest: float = 10.0  # seconds: no request waits longer
    waiting: int = 100  # requests at a time
    remembered: int = 50_000  # requests; the oldest are forgotten


class _Request(NamedTuple):
    at: float
    network: str
    about: str


class RequestPace:
    """Counts requests by network and says how long each waits."""

    def __init__(self, limits: PaceLimits | None = None) -> None:
        self.limits = limits or PaceLimits()
        self._requests: OrderedDict[int, _Request] = OrderedDict()
        self._by_network: Counter[str] = Counter()
        self._by_subject: defaultdict[str, set[int]] = defaultdict(set)
        self._numbers = count()
        self._lock = threading.Lock()

    def count(self, network: str, about: str, now: float) -> float | None:
        """Count a request `about` an address or link. Return how many seconds it waits; None if it is refused.

        `now` is in seconds, of a monotonic clock.
        """
        limits = self.limits
        with self._lock:
            while self._requests:
                oldest, request = next(iter(self._requests.items()))
                if request.at > now - limits.seconds and len(self._requests) < limits.remembered:
                    break
                self._drop(oldest)
            if self._by_network[network] >= limits.most:
                return None
            number = next(self._numbers)
            self._requests[number] = _Request(now, network, about)
            self._by_network[network] += 1
            self._by_subject[about].add(number)
            over = max(0, self._by_network[network] - limits.free)
            over_total = max(0, len(self._requests) - limits.total_free)
            return min(limits.longest, over * limits.delay + over_total * limits.total_delay)

    def confirmed(self, about: str) -> None:
        """Forget the requests about this address: its owner has asked for them."""
        with self._lock:
            for number in tuple(self._by_subject.get(about, ())):
                self._drop(number)

    def _drop(self, number: int) -> None:
        request = self._requests.pop(number)
        self._by_network[request.network] -= 1
        if not self._by_network[request.network]:
            del self._by_network[request.network]
        self._by_subject[request.about].discard(number)
        if not self._by_subject[request.about]:
            del self._by_subject[request.about]
