"""Looking again and again, beside what is under way."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def looking(look: Callable[[], None], *, seconds: float, name: str) -> Iterator[None]:
    """Call `look` in a thread, the first time after so many seconds, until the block is left. No look goes on after it.

    `look` meets its own errors: one that it raises ends the looking.
    """
    done = threading.Event()

    def watch() -> None:
        while not done.wait(seconds):
            look()

    watcher = threading.Thread(target=contextvars.copy_context().run, args=(watch,), name=name, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
