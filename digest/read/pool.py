"""Pure functions over many posts, in worker processes: each post has a deadline, and none holds up the rest.

A worker that overruns its deadline or dies is replaced, and its post yields a `Failure`. Jobs are handed out one at a
time and results leave as they come, so that memory holds one job per worker, however many there are.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_START_SECONDS = 120.0
"""A worker imports its libraries before its first job: a second, or many on a loaded machine."""
_PRELOADED = ["digest.read.warm"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job gave no result."""

    reason: str  # for people
    kind: str  # "deadline", "crash" or "error"


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def warm() -> None:
    """Let the workers' libraries load now, in the background, while the caller waits for something else."""
    if _method() == "forkserver":
        multiprocessing.set_forkserver_preload(_PRELOADED)
        multiprocessing.forkserver.ensure_running()


def run(
    function: Callable[[T], R], jobs: Sequence[T], *, seconds: float = 20.0, processes: int | None = None
) -> Iterator[tuple[int, R | Failure]]:
    """Yields (index of the job, result or failure) as they come, each index once.

    `function`, the jobs and the results are pickled, so `function` is one that a module names. `seconds` is the
    deadline of each job, counted from when a worker has it. `processes` defaults to the cores of the machine; with
    `processes=1` the jobs run in this process, where errors are caught and no deadline can be kept.
    """
    if not jobs:
        return
    if processes == 1:
        for index, job in enumerate(jobs):
            yield index, _call(function, job)
        return
    yield from _Crew(function, jobs, seconds, min(processes or cores(), len(jobs))).results()


def _method() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


@contextmanager
def _without_main() -> Iterator[None]:
    """Start a process without importing the caller's main module into it.

    multiprocessing does that for functions which main defines; ours are named by modules. Under Prefect the main module
    is Prefect's engine, and importing it cost every worker many seconds.
    """
    main = sys.modules["__main__"]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    main.__spec__ = None
    main.__file__ = None
    try:
        yield
    finally:
        main.__spec__, main.__file__ = spec, file


def _call(function: Callable[[T], R], job: T) -> R | Failure:
    try:
        return function(job)
    except Exception as error:  # noqa: BLE001 - whatever one post does, the rest of the week goes on
        return _failed(error)


def _failed(error: Exception) -> Failure:
    return Failure(f"{type(error).__name__}: {error}"[:300], "error")


def _work(connection: Connection, function: Callable[[Any], Any]) -> None:
    """A worker's life: say that it is ready, then take a job and answer, until the other side hangs up."""
    try:
        connection.send(None)
        while True:
            answer = _call(function, connection.recv())
            try:
                connection.send(answer)
            except (TypeError, ValueError, AttributeError) as error:  # pickle's ways of saying no
                connection.send(_failed(error))
    except (EOFError, OSError):
        return


@dataclass(slots=True)
class _Worker:
    process: Any
    connection: Connection
    due: float
    ready: bool = False
    job: int | None = None

    def stop(self) -> None:
        self.connection.close()
        if self.job is None and self.ready:
            self.process.join(1.0)  # it sees that the pipe is closed
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


class _Crew(Generic[T, R]):
    def __init__(self, function: Callable[[T], R], jobs: Sequence[T], seconds: float, size: int) -> None:
        self.function = function
        self.jobs = jobs
        self.seconds = seconds
        self.size = size
        self.waiting = iter(range(len(jobs)))
        self.context: Any = multiprocessing.get_context(_method())
        if _method() == "forkserver":
            # The server loads the libraries once; each worker, and each that replaces a dead one, is a fork of it.
            self.context.set_forkserver_preload(_PRELOADED)

    def start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.function), daemon=True)
        with _without_main():
            process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic() + _START_SECONDS)

    def results(self) -> Iterator[tuple[int, R | Failure]]:
        crew = [self.start() for _ in range(self.size)]
        try:
            while crew:
                for worker in self.heard(crew):
                    done = worker.job
                    answer, alive = self.answer(worker)
                    if not alive:
                        crew.remove(worker)
                        worker.stop()
                        worker = self.start()
                        crew.append(worker)
                    if done is not None and answer is not None:
                        yield done, answer
                    if worker.ready:
                        yield from self.employ(worker, crew)
        finally:
            for worker in crew:
                worker.stop()

    def heard(self, crew: list[_Worker]) -> list[_Worker]:
        """Waits for the next message or deadline; the workers whom it concerns."""
        patience = min(worker.due for worker in crew) - time.monotonic()
        ready = set(wait([worker.connection for worker in crew], timeout=max(0.0, patience)))
        now = time.monotonic()
        return [worker for worker in crew if worker.connection in ready or now >= worker.due]

    def answer(self, worker: _Worker) -> tuple[R | Failure | None, bool]:
        """What the worker says, and whether it can go on."""
        try:
            if worker.connection.poll():
                said = worker.connection.recv()
                worker.ready, worker.job = True, None
                return said, True
        except (EOFError, OSError):
            if not worker.ready:
                raise RuntimeError(
                    "The worker processes cannot start; is the function one that a module other than main names?"
                ) from None
            return Failure("the worker died on this post", "crash"), False
        if not worker.ready:
            raise RuntimeError(f"No worker process was ready after {_START_SECONDS:g} seconds.")
        return Failure(f"took more than {self.seconds:g} seconds", "deadline"), False

    def employ(self, worker: _Worker, crew: list[_Worker]) -> Iterator[tuple[int, Failure]]:
        """Hands out the next job; a worker for whom there is none goes home."""
        for index in self.waiting:
            try:
                worker.connection.send(self.jobs[index])
            except (TypeError, ValueError, AttributeError) as error:  # a job that cannot be pickled fails alone
                yield index, _failed(error)
                continue
            except OSError:
                pass  # it died between two jobs: its closed pipe says so at once
            worker.job, worker.due = index, time.monotonic() + self.seconds
            return
        crew.remove(worker)
        worker.stop()
