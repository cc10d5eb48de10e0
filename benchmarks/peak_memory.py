"""The memory that this process and its helpers take together, at the most.

Linux keeps the peak of each process's resident memory (`VmHWM`). They are read while the helpers live and added up: the
sum counts pages that processes share more than once, and peaks that fell apart as if they were one. So the true figure
is lower. Elsewhere the peak is that of this process and of the largest helper.
"""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path
from typing import Self

_EVERY = 0.05  # seconds


class PeakMemory:
    """A context manager; afterwards `megabytes` is the sum of the peaks."""

    def __init__(self) -> None:
        self._peaks: dict[int, int] = {}  # kB, by process
        self._done = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self.megabytes = 0.0

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watching.join()
        self._look()
        usages = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        self.megabytes = max(sum(self._peaks.values()), *(resource.getrusage(who).ru_maxrss for who in usages)) / 1024

    def _watch(self) -> None:
        while not self._done.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        for process in _family(os.getpid()):
            if peak := _peak_of(process):
                self._peaks[process] = peak


def _family(process: int) -> list[int]:
    """A process and its descendants."""
    children: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children += map(int, listed.read_text().split())
        except OSError:  # the thread has ended
            continue
    return [process, *(each for child in children for each in _family(child))]


def _peak_of(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
