"""The worker pool that reads posts: its processes are forked from one that has loaded the models and libraries."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from digest.workers.pool import WorkerPool
from digest.workers.processes import start_method
from digest.workers.worker import Failure

T = TypeVar("T")
R = TypeVar("R")

PRELOAD = ("digest.read.workers.preload",)
_MEMORY = 1024**3
"""Bytes for a worker's posts. The worst page that we know takes a fifth of it."""


SECONDS_PER_POST = 20.0


class PostPool(Protocol):
    """What reads posts: our own worker processes, or an executor (`digest.read.workers.executor_pool`)."""

    seconds_per_post: float

    @property
    def started(self) -> bool:
        """Whether workers are running, so that small jobs may be given to them as well."""
        ...

    def run(
        self, function: Callable[[T], R], jobs: Sequence[T], *, seconds: float
    ) -> Iterator[tuple[int, R | Failure]]:
        """Yield (index of the job, result or failure) as they come, each index once."""
        ...


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
