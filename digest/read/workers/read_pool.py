"""The worker pool that reads posts: its processes are forked from one that has loaded the models and libraries."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver

from digest.workers.pool import WorkerPool
from digest.workers.processes import start_method

PRELOAD = ("digest.read.workers.preload",)
_MEMORY = 1024**3
"""Bytes for a worker's posts. The worst page that we know takes a fifth of it."""


SECONDS_PER_POST = 20.0


class ReadPool(WorkerPool):
    """A worker pool for the jobs of `read_post`; each may take `seconds_per_post`."""

    def __init__(self, size: int | None = None, *, seconds_per_post: float = SECONDS_PER_POST) -> None:
        super().__init__(size, preload=PRELOAD, memory=_MEMORY)
        self.seconds_per_post = seconds_per_post


def warm() -> None:
    """Let the workers' libraries load now, in the background, while the caller waits for something else."""
    if start_method() == "forkserver":
        multiprocessing.set_forkserver_preload(list(PRELOAD))
        multiprocessing.forkserver.ensure_running()
