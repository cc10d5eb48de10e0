"""Pure functions over many values, in worker processes: each job has a deadline, and none holds up the rest.

    with WorkerPool() as pool:
        for index, answer in pool.run(function, jobs):
            …

A worker that overruns its deadline, dies or takes too much memory is replaced, and its job yields a `Failure`. Jobs
are handed out a few at a time, or a worker would wait for the next one after each; answers leave one by one, as they
come. So memory holds a few jobs per worker, however many there are, and a job is blamed for what happens to no other.
"""

from __future__ import annotations

import logging
import pickle
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Self, TypeVar

from digest import log
from digest.errors import DigestError
from digest.workers.processes import cores, process_context, without_main
from digest.workers.worker import Failure, call, failure_of, serve

LOG = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

_START_SECONDS = 120.0
"""A worker imports its libraries before its first job: a second, or many on a loaded machine."""
_STARTS = 3
"""Workers that may die one after the other before any is ready."""
_AT_ONCE = 4
"""Jobs that a worker is given at a time: it starts the next one while its answer is on the way."""
MEMORY = 1024**3
"""Bytes that a worker may take for its jobs, beside its libraries. A job that wants more fails with MemoryError."""


@dataclass(slots=True, eq=False)
class _Worker:
    process: Any
    connection: Connection
    due: float
    ready: bool = False
    function: bytes = b""  # what it does, pickled
    jobs: deque[int] = field(default_factory=deque)  # handed out and not answered; it is at the first one

    def stop(self) -> None:
        self.connection.close()
        if self.ready and not self.jobs:
            self.process.join(1.0)  # it sees that the pipe is closed
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


class WorkerPool:
    """Worker processes, started when the first job is there, and kept for the next jobs until the pool is left."""

    def __init__(
        self, size: int | None = None, *, preload: Sequence[str] = (), memory: int = MEMORY, fresh: bool = False
    ) -> None:
        """`size` defaults to the cores of the machine. `preload` are modules that a worker imports before it is ready.

        Workers are forked from a server that has imported the modules once. There is one such server in a process; with
        `fresh` each worker starts as an interpreter of its own, and loads nothing that other pools want.
        """
        self._size = size or cores()
        self._preload = tuple(preload)
        self._memory = memory
        self._context = process_context(*self._preload, fresh=fresh)
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._selector.unregister(worker.connection)
            worker.connection.close()  # all of them end at the same time
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        self._selector.close()

    @property
    def started(self) -> bool:
        """Whether there are workers by now."""
        return bool(self._workers)

    def start(self) -> None:
        """Start the workers and wait until all of them are ready. Raises DigestError where one cannot be started."""
        self._start_workers(self._size)
        while starting := [worker for worker in self._workers if not worker.ready]:
            for worker in self._wait():
                if worker in starting:
                    list(self._receive(worker, deque(), _START_SECONDS))
            self._start_workers(self._size)

    def run(
        self, function: Callable[[T], R], jobs: Sequence[T], *, seconds: float = 20.0
    ) -> Iterator[tuple[int, R | Failure]]:
        """Yield (index of the job, result or failure) as they come, each index once.

        `function`, the jobs and the results are pickled, so `function` is one that a module names. `seconds` is the
        deadline of each job, counted from when a worker is at it. Raises DigestError where no worker can be started.
        """
        waiting = deque(range(len(jobs)))
        packed = bytes(ForkingPickler.dumps(function)) if jobs else b""
        for worker in [worker for worker in self._workers if worker.ready and worker.connection.poll()]:
            self._dismiss(worker)  # it died while it was idle
        try:
            while waiting or any(worker.jobs for worker in self._workers):
                self._start_workers(len(waiting))
                for worker in [worker for worker in self._workers if worker.ready and not worker.jobs]:
                    yield from self._hand_out(worker, packed, jobs, waiting, seconds)
                for worker in self._wait():
                    yield from self._receive(worker, waiting, seconds)
        finally:
            for worker in [worker for worker in self._workers if worker.jobs]:
                self._dismiss(worker)  # nobody waits for its answers any more

    def _start_workers(self, waiting: int) -> None:
        free = sum(not worker.jobs for worker in self._workers)
        for _ in range(min(self._size - len(self._workers), waiting - free)):
            worker = self._start()
            self._workers.append(worker)
            self._selector.register(worker.connection, selectors.EVENT_READ, worker)

    def _start(self) -> _Worker:
        near, far = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(far, self._memory, self._preload, log.current()), daemon=True
        )
        try:
            with without_main():
                process.start()
        except (EOFError, OSError) as error:  # the server from which workers are forked is dead
            near.close()
            raise _no_worker(f"the process that starts them is gone ({error or 'it died'})") from error
        finally:
            far.close()
        return _Worker(process, near, time.monotonic() + _START_SECONDS)

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.connection)
        worker.stop()

    def _wait(self) -> list[_Worker]:
        """Wait for the next message or deadline; return the workers whom it concerns."""
        if not self._workers:
            return []
        busy = [worker for worker in self._workers if worker.jobs or not worker.ready]
        timeout = min((worker.due for worker in busy), default=0.0) - time.monotonic()
        readable = [key.data for key, _ in self._selector.select(max(0.0, timeout))]
        now = time.monotonic()
        return readable + [worker for worker in busy if now >= worker.due and worker not in readable]

    def _receive(self, worker: _Worker, waiting: deque[int], seconds: float) -> Iterator[tuple[int, Any]]:
        """Read a worker's answer, or find out why there is none."""
        try:
            if worker.connection.poll():
                message = worker.connection.recv_bytes()
                worker.due = time.monotonic() + seconds
                if worker.ready:
                    yield worker.jobs.popleft(), call(pickle.loads, message)
                else:
                    worker.ready, self._failed_starts = True, 0
                return
            failure = Failure(f"took more than {seconds:g} seconds", "deadline")
        except (EOFError, OSError):
            failure = Failure("the worker process died", "crash")
        self._dismiss(worker)
        LOG.warning("A worker process was replaced: %s.", failure.reason)
        if not worker.ready:
            self._failed_starts += 1
            if failure.kind == "deadline":
                raise _no_worker(f"none was ready after {_START_SECONDS:g} seconds")
            if self._failed_starts >= _STARTS:
                raise _no_worker(f"{_STARTS} of them died before they were ready")
        elif worker.jobs:
            failed = worker.jobs.popleft()
            waiting.extendleft(reversed(worker.jobs))  # another worker does those behind it
            worker.jobs.clear()
            yield failed, failure

    def _hand_out(
        self, worker: _Worker, function: bytes, jobs: Sequence[Any], waiting: deque[int], seconds: float
    ) -> Iterator[tuple[int, Failure]]:
        """Hand out the next jobs."""
        order: list[Any] = []
        # Towards the end one by one, so that all are done at the same time.
        for _ in range(min(len(waiting), max(1, min(_AT_ONCE, len(waiting) // (2 * self._size))))):
            index = waiting.popleft()
            try:
                order.append(ForkingPickler.dumps(jobs[index]))
            except Exception as error:  # noqa: BLE001 - pickle fails in many ways
                yield index, failure_of(error)
            else:
                worker.jobs.append(index)
        worker.due = time.monotonic() + seconds
        if order:
            same, worker.function = worker.function == function, function
            with suppress(OSError):  # it died between two jobs: the next look at its pipe shows it
                worker.connection.send((None if same else function, len(order)))
                for job in order:
                    worker.connection.send_bytes(job)


def _no_worker(why: str) -> DigestError:
    return DigestError(
        f"The worker processes cannot start: {why}.",
        "Standard error, above, has the cause. If memory ran out, give the machine more. If a library is damaged, "
        "install Digest again. Then run the same command again: nothing was changed.",
    )
