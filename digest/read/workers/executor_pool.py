"""The pool's interface over any `concurrent.futures.Executor`, such as that of a Dask cluster.

    jobs ─batches─▶ executor ─▶ results
                       └─ failed, lost or late ─▶ our own pool, which bounds time and memory ─▶ results

Executors bound neither the time nor the memory of a job. So a job that fails there, or whose batch is late, is done
here: a worker process of our own may be killed, and says why there is no result.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from digest.read.workers.read_pool import SECONDS_PER_POST, ReadPool
from digest.workers.worker import Failure, call

LOG = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

BATCH = 40
"""Jobs of one task: a task of a cluster costs a tenth of a second, which is as long as several posts take."""
_UNDER_WAY = 64
"""Batches that the executor has at a time, so that memory holds no more."""


class ExecutorPool:
    """Does jobs as `ReadPool` does, by an executor that the caller owns. Functions and jobs are pickled."""

    def __init__(
        self, executor: Executor, *, seconds_per_post: float = SECONDS_PER_POST, most_seconds: float = 300.0
    ) -> None:
        """`most_seconds` is how long a batch may take, waiting for its turn included, before it is done here."""
        self.seconds_per_post = seconds_per_post
        self._executor = executor
        self._most_seconds = most_seconds
        self._started = False  # as in a pool of our own: once there was something to read
        self._own = ReadPool(seconds_per_post=seconds_per_post)

    @property
    def started(self) -> bool:
        return self._started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._own.__exit__(kind, error, at)

    def run(
        self, function: Callable[[T], R], jobs: Sequence[T], *, seconds: float = SECONDS_PER_POST
    ) -> Iterator[tuple[int, R | Failure]]:
        """Yield (index, result or failure) as they come, each index once. `seconds` bounds a job that is done here."""
        self._started = self._started or bool(jobs)
        size = max(1, min(BATCH, -(-len(jobs) // 8)))
        waiting = deque(range(at, min(at + size, len(jobs))) for at in range(0, len(jobs), size))
        under_way: dict[Future[Any], tuple[range, float]] = {}
        again: list[int] = []
        while waiting or under_way:
            while waiting and len(under_way) < _UNDER_WAY:
                batch = waiting.popleft()
                task = self._executor.submit(do_batch, function, [jobs[index] for index in batch])
                under_way[task] = batch, time.monotonic() + self._most_seconds
            done, _ = wait(under_way, timeout=1.0, return_when=FIRST_COMPLETED)
            late = {task for task, (_, until) in under_way.items() if task not in done and until < time.monotonic()}
            for task in done | late:
                batch, _ = under_way.pop(task)
                results = _results(task) if task in done else None
                if results is None:
                    task.cancel()
                    again += batch
                    continue
                for index, result in zip(batch, results, strict=True):
                    if isinstance(result, Failure):
                        again.append(index)
                    else:
                        yield index, result
        if again:
            LOG.warning("%d of %d jobs failed or were late at the executor: done here.", len(again), len(jobs))
        for at, result in self._own.run(function, [jobs[index] for index in again], seconds=seconds):
            yield again[at], result


def do_batch(function: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
    """Do some jobs, in a process of the executor."""
    return [call(function, job) for job in jobs]


def _results(task: Future[list[Any]]) -> list[Any] | None:
    """Return a batch's results; None where the executor has lost it."""
    try:
        return task.result()
    except Exception:  # noqa: BLE001 - whatever the executor raises, the jobs are done here
        return None
