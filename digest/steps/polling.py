"""Run a check at intervals in a thread, while other work goes on."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def run_every(seconds: float, check: Callable[[], None], *, name: str, at_once: bool = False) -> Iterator[None]:
    """Call `check` in a thread every `seconds`, until the block ends. No call runs after it. The first is made at the
    start if `at_once`.

    `check` handles its own errors: an error that it raises ends the checks.
    """
    stop = threading.Event()

    def watch() -> None:
        if at_once:
            check()
        while not stop.wait(seconds):
            check()

    # In a copy of this context, so that its log records have the same fields and handlers.
    watcher = threading.Thread(target=contextvars.copy_context().run, args=(watch,), name=name, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
