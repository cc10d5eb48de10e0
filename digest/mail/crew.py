"""The workers of the outbox and the way to them: threads of this process, or several processes with threads in each.

Threads are at once there, and enough for thousands of readers. One Python process fills one core, however many threads
it has: processes are for a large list on a machine with several. Either way each worker has one connection and holds
one claim at a time, and everything is decided and written down in the outbox's own process.

A worker process ends when its pipe does: when the outbox has died, however it died. When a worker process dies, what
it held is lost from sight, and the others go on.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import selectors
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from digest.errors import DigestError
from digest.mail.reply import Lost
from digest.mail.smtp import Server
from digest.mail.worker import LetterFor, Result, Worker
from digest.model import Claim
from digest.processes import process_context, without_main

STOPPING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a sender to stop. A terminal gives the last two to all of a command's processes."""

_FAREWELL_SECONDS = 10.0  # for a worker to finish what it is at, and to say goodbye to the server


@dataclass(frozen=True, slots=True)
class Done:
    """A worker is ready for its next claim, and says what became of the last one."""

    worker: int
    claim: Claim | None = None  # None: its first report
    result: Result = None
    gone: bool = False  # it takes no more claims


class Crew(Protocol):
    """Workers, numbered from 0."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def start(self) -> None:
        """Let them get ready: each reports once."""
        ...

    def give(self, worker: int, claim: Claim) -> None:
        """Hand a claim to a worker that is ready; its report follows, whatever happens."""
        ...

    def hear(self, timeout: float) -> list[Done]:
        """All reports there are; waits up to `timeout` seconds for the first."""
        ...

    def stop(self) -> None:
        """Let them finish what they are at, say goodbye to the server and go."""
        ...


class Threads:
    """Workers that are threads of this process."""

    def __init__(
        self, servers: Sequence[Server], letter_for: LetterFor, *, connections: int = 4, messages: int = 500
    ) -> None:
        """`messages` is how many go over one connection before it is opened anew."""
        self._workers = [Worker(servers, letter_for, messages) for _ in range(connections)]
        self._inboxes: list[queue.SimpleQueue[Claim | None]] = [queue.SimpleQueue() for _ in self._workers]
        self._held: list[Claim | None] = [None] * connections
        self._reports: queue.SimpleQueue[Done] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def __len__(self) -> int:
        return len(self._workers)

    def start(self) -> None:
        for number, worker in enumerate(self._workers):
            run, take, report = worker.run, self._inboxes[number].get, self._reporter(number)
            self._threads.append(threading.Thread(target=run, args=(take, report), name=f"smtp-{number}", daemon=True))
            self._threads[-1].start()

    def _reporter(self, number: int) -> Callable[[Result], None]:
        def report(result: Result) -> None:
            self._reports.put(Done(number, self._held[number], result))

        return report

    def give(self, worker: int, claim: Claim) -> None:
        self._held[worker] = claim
        self._inboxes[worker].put(claim)

    def hear(self, timeout: float) -> list[Done]:
        heard: list[Done] = []
        with contextlib.suppress(queue.Empty):
            heard.append(self._reports.get(timeout=max(0.0, timeout)))
            while True:
                heard.append(self._reports.get_nowait())
        return heard

    def stop(self) -> None:
        for inbox in self._inboxes:
            inbox.put(None)
        for thread in self._threads:
            thread.join(_FAREWELL_SECONDS)


Equipment = Callable[[], tuple[Sequence[Server], LetterFor]]
"""What the workers of one process need. Called once in each; pickled, so one that a module names."""


class Processes:
    """Workers spread over processes of their own."""

    def __init__(self, equipment: Equipment, *, processes: int, connections: int = 4, messages: int = 500) -> None:
        """`messages` is how many go over one connection before it is opened anew."""
        self._equipment = equipment
        self._number = max(1, min(processes, connections))
        self._messages = messages
        self._held: list[Claim | None] = [None] * connections
        self._pipes: list[Connection | None] = [None] * connections
        self._children: list[Any] = []
        self._selector = selectors.DefaultSelector()
        self._unsaid: list[Done] = []

    def __len__(self) -> int:
        return len(self._pipes)

    def start(self) -> None:
        context = process_context()
        for first in range(self._number):
            theirs = []
            for worker in range(first, len(self._pipes), self._number):
                ours, other = context.Pipe()
                self._pipes[worker] = ours
                self._selector.register(ours, selectors.EVENT_READ, worker)
                theirs.append(other)
            child = context.Process(target=_live, args=(theirs, self._equipment, self._messages), name=f"smtp-{first}")
            try:
                with without_main():
                    child.start()
            except (EOFError, OSError) as error:  # the server from which processes are forked is dead
                raise DigestError(
                    f"No process that sends can be started ({error or 'the one they are forked from died'}).",
                    "Is there enough memory? Nothing was sent; the next run begins anew.",
                ) from error
            finally:
                for other in theirs:
                    other.close()  # the child has its own: when it dies, ours says so
            self._children.append(child)

    def give(self, worker: int, claim: Claim) -> None:
        self._held[worker] = claim
        pipe = self._pipes[worker]
        try:
            if pipe is None:
                raise BrokenPipeError
            pipe.send_bytes(pickle.dumps(_packed(claim)))
        except OSError:
            self._lost(worker)

    def hear(self, timeout: float) -> list[Done]:
        heard, self._unsaid = self._unsaid, []
        for key, _ in self._selector.select(0.0 if heard else max(0.0, timeout)):
            worker = key.data
            pipe = self._pipes[worker]
            if pipe is None:
                continue
            try:
                result: Result = pickle.loads(pipe.recv_bytes())  # noqa: S301 -- from our own process
            except (EOFError, OSError):
                self._lost(worker)
            else:
                heard.append(Done(worker, self._held[worker], result))
                self._held[worker] = None
        heard += self._unsaid
        self._unsaid = []
        return heard

    def _lost(self, worker: int) -> None:
        """Its process has died: nobody knows what became of the claim it held."""
        claim, self._held[worker] = self._held[worker], None
        pipe, self._pipes[worker] = self._pipes[worker], None
        if pipe is not None:
            self._selector.unregister(pipe)
            pipe.close()
        self._unsaid.append(Done(worker, claim, Lost("the process that sent it died"), gone=True))

    def stop(self) -> None:
        for pipe in self._pipes:
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.send_bytes(pickle.dumps(None))
        until = time.monotonic() + _FAREWELL_SECONDS
        for child in self._children:
            child.join(max(0.0, until - time.monotonic()))
            if child.is_alive():
                child.kill()
                child.join()
        for pipe in self._pipes:
            if pipe is not None:
                pipe.close()
        self._selector.close()


def _live(pipes: Sequence[Connection], equipment: Equipment, messages: int) -> None:
    """The life of a worker process: a thread for each pipe, until the pipe ends."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # the outbox hears them, and drains
    try:
        servers, letter_for = equipment()
    except Exception as error:  # noqa: BLE001 -- the clerk raises it in the thread that people see
        for pipe in pipes:
            _report(pipe, error)
        return
    threads = []
    for pipe in pipes:
        worker = Worker(servers, letter_for, messages)
        threads.append(threading.Thread(target=_work, args=(worker, pipe), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _work(worker: Worker, pipe: Connection) -> None:
    def take() -> Claim | None:
        try:
            packed = pickle.loads(pipe.recv_bytes())  # noqa: S301 -- from our own process
        except (EOFError, OSError):
            return None
        return None if packed is None else Claim(*packed)

    try:
        worker.run(take, lambda result: _report(pipe, result))
    finally:
        pipe.close()  # whatever happened here, the outbox does not wait for a report for ever


def _report(pipe: Connection, result: Result) -> None:
    if isinstance(result, BaseException):
        result = _that_travels(result)
    with contextlib.suppress(OSError):  # nobody listens any more: the next `take` says so
        pipe.send_bytes(pickle.dumps(result))


def _that_travels(error: BaseException) -> BaseException:
    """The error, or its words where it cannot be taken apart and put together again."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    except Exception:  # noqa: BLE001 -- whatever its class thought of
        return DigestError(f"{type(error).__name__}: {error}")
    return error


def _packed(claim: Claim) -> tuple[object, ...]:
    """A claim's fields: a tuple travels in a third of the time."""
    return tuple(getattr(claim, name) for name in _FIELDS)


_FIELDS = Claim.__match_args__
