"""Pure functions over many posts, in worker processes: each post has a deadline, and none holds up the rest.

A worker that overruns its deadline or dies is replaced, and its post yields a `Failure`. Jobs are handed out one at a
time and results leave as they come, so that memory holds one job per worker, however many there are.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job gave no result."""

    reason: str  # for people
    kind: str  # "deadline", "crash" or "error"


def cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def run(
    function: Callable[[T], R], jobs: Sequence[T], *, seconds: float = 20.0, processes: int | None = None
) -> Iterator[tuple[int, R | Failure]]:
    """Yields (index of the job, result or failure) as they come, each index once.

    `function`, the jobs and the results are pickled, so `function` is one that a module names. `seconds` is the
    deadline of each job, from the moment a worker has it. `processes` defaults to the cores of the machine. A single
    job, or `processes=1`, runs in this process, where errors are caught but a deadline cannot be kept.
    """
    wanted = min(processes if processes is not None else max(cores(), 1), len(jobs))
    if len(jobs) <= 1 or processes == 1:
        for index, job in enumerate(jobs):
            yield index, _call(function, job)
        return
    yield from _Crew(function, jobs, seconds, wanted).results()


def _call(function: Callable[[T], R], job: T) -> R | Failure:
    try:
        return function(job)
    except Exception as error:  # noqa: BLE001 - whatever one post does, the rest of the week goes on
        return Failure(f"{type(error).__name__}: {error}"[:300], "error")


def _work(connection: Connection, function: Callable[[Any], Any]) -> None:
    """A worker's life: take a job, answer, until the other side hangs up."""
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        answer = _call(function, job)
        try:
            connection.send(answer)
        except (OSError, BrokenPipeError):
            return
        except Exception as error:  # noqa: BLE001 - a result that cannot be pickled fails its post only
            connection.send(Failure(f"{type(error).__name__}: {error}"[:300], "error"))


@dataclass(slots=True)
class _Worker:
    process: Any
    connection: Connection
    job: int = -1
    due: float = 0.0


class _Crew(Generic[T, R]):
    def __init__(self, function: Callable[[T], R], jobs: Sequence[T], seconds: float, size: int) -> None:
        self.function = function
        self.jobs = jobs
        self.seconds = seconds
        self.size = size
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self.context = multiprocessing.get_context(method)
        if method == "forkserver":
            # The server imports the function's module once; each worker, and each one that replaces a dead one, is
            # then a fork away from it.
            self.context.set_forkserver_preload([function.__module__, "digest.read.warm"])

    def start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.function), daemon=True)  # type: ignore[attr-defined]  # both contexts have it
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def results(self) -> Iterator[tuple[int, R | Failure]]:
        waiting = iter(range(len(self.jobs)))
        crew: list[_Worker] = []
        try:
            for index in waiting:
                worker = self.start()
                crew.append(worker)
                if (failed := self.give(worker, index)) is not None:
                    yield index, failed
                if len(crew) == self.size:
                    break
            while any(worker.job >= 0 for worker in crew):
                for position, worker, index, answer in self.answers(crew):
                    if worker is not crew[position]:
                        crew[position] = worker
                    yield index, answer
                    for following in waiting:
                        if (failed := self.give(worker, following)) is None:
                            break
                        yield following, failed
        finally:
            for worker in crew:
                _stop(worker)

    def give(self, worker: _Worker, index: int) -> Failure | None:
        try:
            worker.connection.send(self.jobs[index])
        except Exception as error:  # noqa: BLE001 - a job that cannot be pickled fails alone
            return Failure(f"{type(error).__name__}: {error}"[:300], "error")
        worker.job, worker.due = index, time.monotonic() + self.seconds
        return None

    def answers(self, crew: list[_Worker]) -> Iterator[tuple[int, _Worker, int, R | Failure]]:
        """Waits for the next answer, death or deadline."""
        busy = {worker.connection: (position, worker) for position, worker in enumerate(crew) if worker.job >= 0}
        patience = max(0.0, min(worker.due for _, worker in busy.values()) - time.monotonic())
        ready = wait(list(busy), timeout=patience)
        now = time.monotonic()
        for connection, (position, worker) in busy.items():
            index = worker.job
            if connection in ready:
                try:
                    answer = worker.connection.recv()
                except (EOFError, OSError):
                    _stop(worker)
                    yield position, self.start(), index, Failure("the worker died on this post", "crash")
                    continue
                worker.job = -1
                yield position, worker, index, answer
            elif now >= worker.due:
                _stop(worker)
                reason = f"took more than {self.seconds:g} seconds"
                yield position, self.start(), index, Failure(reason, "deadline")


def _stop(worker: _Worker) -> None:
    worker.connection.close()
    worker.job = -1
    worker.process.join(0.2 if worker.due == 0.0 else 0.05)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
