"""Pure functions over many posts, in worker processes: each post has a deadline, and none holds up the rest.

    with Crew() as crew:
        for index, answer in crew.run(extract_one, jobs):
            …

A worker that overruns its deadline, dies or takes too much memory is replaced, and its post yields a `Failure`. Jobs
are handed out a few at a time, or a worker would wait for the next one after each; answers leave one by one, as they
come. So memory holds a few jobs per worker, however many there are, and a job is blamed for what happens to no other.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import pickle
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, Self, TypeVar

from digest.errors import DigestError
from digest.processes import cores, process_context, start_method, without_main

T = TypeVar("T")
R = TypeVar("R")

_START_SECONDS = 120.0
"""A worker imports its libraries before its first job: a second, or many on a loaded machine."""
_STARTS = 3
"""Workers that may die one after the other before any is ready."""
_AT_ONCE = 4
"""Jobs that a worker is given at a time: it starts the next one while its answer is on the way."""
_MEMORY = 1024**3
"""Bytes that a worker may take for its posts, beside its libraries. The worst page that we know takes a fifth of it;
one that wants more fails with MemoryError, and the machine keeps its memory."""
PRELOADED = ["digest.read.workers.preload"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job gave no result."""

    reason: str  # for people
    kind: str  # "deadline", "crash" or "error"


def warm() -> None:
    """Let the workers' libraries load now, in the background, while the caller waits for something else."""
    if start_method() == "forkserver":
        multiprocessing.set_forkserver_preload(PRELOADED)
        multiprocessing.forkserver.ensure_running()


def run(
    function: Callable[[T], R], jobs: Sequence[T], *, seconds: float = 20.0, processes: int | None = None
) -> Iterator[tuple[int, R | Failure]]:
    """`Crew.run` with a crew of its own.

    With `processes=1` the jobs run in this process, where errors are caught and no deadline can be kept.
    """
    if processes == 1:
        for index, job in enumerate(jobs):
            yield index, _call(function, job)
        return
    with Crew(processes) as crew:
        yield from crew.run(function, jobs, seconds=seconds)


# --- In the worker ----------------------------------------------------------------------------------------------------


def _call(function: Callable[[T], R], job: T) -> R | Failure:
    try:
        return function(job)
    except Exception as error:  # noqa: BLE001 - whatever one post does, the rest of the week goes on
        return _failed(error)


def _failed(error: Exception) -> Failure:
    return Failure(f"{type(error).__name__}: {error}".removesuffix(": ")[:300], "error")


def _packed(answer: object) -> bytes:
    try:
        return bytes(ForkingPickler.dumps(answer))
    except Exception as error:  # noqa: BLE001 - pickle has many ways of saying no
        return bytes(ForkingPickler.dumps(_failed(error)))


def _work(connection: Connection) -> None:
    """A worker's life: say that it is ready, then take jobs and answer each, until the other side hangs up.

    An order is a function, or None for the last one again, and how many jobs for it follow. All of them are read before
    the first is done, or the other side could not write on. Each is pickled by itself: what cannot be read fails alone.
    """
    _limit_memory()
    function: Callable[[Any], Any] | None = None
    with suppress(EOFError, OSError):
        connection.send_bytes(_packed(None))
        while True:
            packed, count = connection.recv()
            if function is None or packed is not None:
                function = _Unpacked(packed)
            jobs = deque(connection.recv_bytes() for _ in range(count))
            while jobs:
                connection.send_bytes(_packed(_call(function, jobs.popleft())))


class _Unpacked:
    """A function that takes its jobs pickled."""

    def __init__(self, function: bytes) -> None:
        self._packed = function
        self._function: Callable[[Any], Any] | None = None

    def __call__(self, job: bytes) -> Any:
        if self._function is None:
            self._function = pickle.loads(self._packed)  # noqa: S301 - from the process that started this one
        return self._function(pickle.loads(job))  # noqa: S301 - the same


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # a system without such a limit, or with a lower one
        import resource

        has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (has + _MEMORY, hard))


# --- In the caller's process ------------------------------------------------------------------------------------------


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


class Crew:
    """Worker processes, started when the first job is there, and kept for the next jobs until the crew is left."""

    def __init__(self, size: int | None = None) -> None:
        """`size` defaults to the cores of the machine."""
        self._size = size or cores()
        # Forked from a server that loads the libraries once; so is each worker that replaces a dead one.
        self._context = process_context(*PRELOADED)
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._selector.unregister(worker.connection)
            worker.connection.close()  # all of them leave at the same time
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        self._selector.close()

    @property
    def at_work(self) -> bool:
        """Whether there are workers by now."""
        return bool(self._workers)

    def run(
        self, function: Callable[[T], R], jobs: Sequence[T], *, seconds: float = 20.0
    ) -> Iterator[tuple[int, R | Failure]]:
        """Yields (index of the job, result or failure) as they come, each index once.

        `function`, the jobs and the results are pickled, so `function` is one that a module names. `seconds` is the
        deadline of each job, counted from when a worker is at it. Raises DigestError where no worker can be started.
        """
        waiting = deque(range(len(jobs)))
        packed = bytes(ForkingPickler.dumps(function)) if jobs else b""
        for worker in [worker for worker in self._workers if worker.ready and worker.connection.poll()]:
            self._dismiss(worker)  # it died while there was nothing to do
        try:
            while waiting or any(worker.jobs for worker in self._workers):
                self._hire(len(waiting))
                for worker in [worker for worker in self._workers if worker.ready and not worker.jobs]:
                    yield from self._employ(worker, packed, jobs, waiting, seconds)
                for worker in self._heard():
                    yield from self._listen(worker, waiting, seconds)
        finally:
            for worker in [worker for worker in self._workers if worker.jobs]:
                self._dismiss(worker)  # nobody waits for its answers any more

    def _hire(self, waiting: int) -> None:
        free = sum(not worker.jobs for worker in self._workers)
        for _ in range(min(self._size - len(self._workers), waiting - free)):
            worker = self._started()
            self._workers.append(worker)
            self._selector.register(worker.connection, selectors.EVENT_READ, worker)

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=True)
        try:
            with without_main():
                process.start()
        except (EOFError, OSError) as error:  # the server from which workers are forked is dead
            ours.close()
            raise _no_worker(f"the process that they are forked from is not there ({error or 'it died'})") from error
        finally:
            theirs.close()
        return _Worker(process, ours, time.monotonic() + _START_SECONDS)

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.connection)
        worker.stop()

    def _heard(self) -> list[_Worker]:
        """Waits for the next message or deadline; the workers whom it concerns."""
        if not self._workers:
            return []
        busy = [worker for worker in self._workers if worker.jobs or not worker.ready]
        patience = min((worker.due for worker in busy), default=0.0) - time.monotonic()
        said = [key.data for key, _ in self._selector.select(max(0.0, patience))]
        now = time.monotonic()
        return said + [worker for worker in busy if now >= worker.due and worker not in said]

    def _listen(self, worker: _Worker, waiting: deque[int], seconds: float) -> Iterator[tuple[int, Any]]:
        """What a worker says, or what became of it."""
        try:
            if worker.connection.poll():
                said = worker.connection.recv_bytes()
                worker.due = time.monotonic() + seconds
                if worker.ready:
                    yield worker.jobs.popleft(), _call(pickle.loads, said)
                else:
                    worker.ready, self._failed_starts = True, 0
                return
            blame = Failure(f"took more than {seconds:g} seconds", "deadline")
        except (EOFError, OSError):
            blame = Failure("the worker died on this post", "crash")
        self._dismiss(worker)
        if not worker.ready:
            self._failed_starts += 1
            if blame.kind == "deadline":
                raise _no_worker(f"none was ready after {_START_SECONDS:g} seconds")
            if self._failed_starts >= _STARTS:
                raise _no_worker(f"{_STARTS} of them died before they were ready")
        elif worker.jobs:
            guilty = worker.jobs.popleft()
            waiting.extendleft(reversed(worker.jobs))  # those behind it are somebody else's now
            worker.jobs.clear()
            yield guilty, blame

    def _employ(
        self, worker: _Worker, function: bytes, jobs: Sequence[Any], waiting: deque[int], seconds: float
    ) -> Iterator[tuple[int, Failure]]:
        """Hands out the next jobs."""
        order = []
        # Towards the end one by one, so that all are done at the same time.
        for _ in range(min(len(waiting), max(1, min(_AT_ONCE, len(waiting) // (2 * self._size))))):
            index = waiting.popleft()
            try:
                order.append(ForkingPickler.dumps(jobs[index]))
            except Exception as error:  # noqa: BLE001 - pickle has many ways of saying no
                yield index, _failed(error)
            else:
                worker.jobs.append(index)
        worker.due = time.monotonic() + seconds
        if order:
            known, worker.function = worker.function == function, function
            with suppress(OSError):  # it died between two jobs: its closed pipe says so at once
                worker.connection.send((None if known else function, len(order)))
                for job in order:
                    worker.connection.send_bytes(job)


def _no_worker(why: str) -> DigestError:
    return DigestError(
        f"The worker processes that read posts cannot start: {why}.",
        "What went wrong stands above, on standard error. Where memory ran out, give the machine more; where a library "
        "is damaged, install Digest again. Nothing was changed: run the same command again.",
    )
