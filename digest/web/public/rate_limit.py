"""How often one network may ask for something: a small count of the last hour, in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque


class RateLimit:
    """At most `most` grants for each key within `seconds`; remembers at most `keys` keys, the newest."""

    def __init__(self, most: int, seconds: float, *, keys: int = 10_000) -> None:
        self._most = most
        self._seconds = seconds
        self._keys = keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def allow(self, key: str, now: float) -> bool:
        """Whether `key` may go on; a grant counts. `now` in seconds, from any clock that only goes forwards."""
        with self._lock:
            times = self._times.setdefault(key, deque())
            self._times.move_to_end(key)
            while len(self._times) > self._keys:
                self._times.popitem(last=False)
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= self._most:
                return False
            times.append(now)
            return True
