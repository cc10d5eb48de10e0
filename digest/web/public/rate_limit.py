"""A limit on how often one network may do something, counted in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque


class RateLimit:
    """Allows each key `maximum` times within `seconds`. Remembers the latest `keys` keys."""

    def __init__(self, maximum: int, seconds: float, *, keys: int = 10_000) -> None:
        self._maximum = maximum
        self._seconds = seconds
        self._keys = keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def allow(self, key: str, now: float) -> bool:
        """Return whether `key` may go on; if so, count it. `now` is in seconds, of a monotonic clock."""
        with self._lock:
            times = self._times.setdefault(key, deque())
            self._times.move_to_end(key)
            while len(self._times) > self._keys:
                self._times.popitem(last=False)
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= self._maximum:
                return False
            times.append(now)
            return True
