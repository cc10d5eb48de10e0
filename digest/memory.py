"""A bounded memory of results that are dear to compute, for a process that needs the same ones again and again.

A result is remembered by everything that it was computed from, so it can be missing but never stale, whatever other
processes do to the store meanwhile.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """At most `most` results; the one that was not asked for the longest is forgotten first. Safe with threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._rows: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()
        _ALL.add(self)

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key not in self._rows:
                return None
            self._rows.move_to_end(key)
            return self._rows[key]

    def put(self, key: Key, value: Value) -> Value:
        with self._lock:
            self._rows[key] = value
            self._rows.move_to_end(key)
            while len(self._rows) > self.most:
                self._rows.popitem(last=False)
        return value

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()

    def __iter__(self) -> Iterator[Key]:
        """The keys as they are now, the newest last."""
        with self._lock:
            return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)


_ALL: weakref.WeakSet[Memory[Any, Any]] = weakref.WeakSet()


def forget_everything() -> None:
    """Forget what this process remembers, to measure or compare what is computed without it."""
    for memory in list(_ALL):
        memory.clear()
