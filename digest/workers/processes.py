"""How this project starts helper processes: fresh ones, from a server that forks, never a fork of a busy process."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_STARTING = threading.Lock()


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def start_method() -> str:
    """A fork of a process with threads may hold their locks for ever: "forkserver" where there is one, else "spawn"."""
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def process_context(*modules: str, fresh: bool = False) -> Any:
    """multiprocessing with our start method. Where processes are forked from a server that does not run yet, it imports
    `modules` first, once for all of them. With `fresh` each process is a new interpreter."""
    if fresh:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context(start_method())
    if modules and start_method() == "forkserver":
        context.set_forkserver_preload(list(modules))
    return context


@contextmanager
def without_main() -> Iterator[None]:
    """Start a process without importing the caller's main module into it.

    multiprocessing does that for functions which main defines; ours are named by modules. Under Prefect the main module
    is Prefect's engine, and importing it cost every worker many seconds.
    """
    main = sys.modules["__main__"]
    with _STARTING:  # two threads that start processes at once would each restore what the other removed
        spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
        main.__spec__ = None
        main.__file__ = None
        try:
            yield
        finally:
            main.__spec__, main.__file__ = spec, file
