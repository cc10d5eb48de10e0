"""All the outbox's workers: sender loops with several connections each, in a thread of this process or in processes.

A thread starts at once and is enough for thousands of subscribers. One Python process uses one core, so processes are
for a large list on a machine with several cores. Either way each worker has one connection and holds one claim at a
time, and the outbox decides and records everything in its own thread.

A sender loop ends when its channel closes, so none outlives the outbox. When a process dies, the other processes go on.
The marks (`digest.mail.smtp.dot_marks`) tell which of its claims had not reached the final dot; those are queued again,
and the outcome of the others is unknown.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import pickle
import selectors
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Channel
from pathlib import Path
from typing import Any

from digest import log
from digest.errors import DigestError
from digest.mail.smtp.classify_reply import NoReply, NotSent
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.dot_marks import DotMarks, MarksError
from digest.mail.smtp.sender_loop import BuildMessage, Result, SenderLoop, pack, packed, unpacked
from digest.model import Claim
from digest.workers.processes import process_context, without_main

STOPPING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a sender to stop. A terminal gives the last two to all of a command's processes."""

_GARBAGE = 20_000  # objects allocated before a sender process collects garbage
_STOP_SECONDS = 10.0  # for a sender loop to finish its messages and close its connections

_MarksPart = tuple[Path, int, int]
"""A run's file of marks, the number of a loop, and how many loops there are."""

SenderSetup = Callable[[], tuple[Sequence[MailServer], BuildMessage]]
"""What a sender loop needs. Called once for each. For processes it is pickled, so it must be importable by name."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """A worker is ready for its next claim, and reports what became of the last one."""

    worker: int
    claim: Claim | None = None  # None: its first report
    result: Result = None
    died: bool = False  # it takes no more claims


class SenderPool:
    """Workers, numbered from 0."""

    def __init__(
        self,
        setup: SenderSetup,
        *,
        processes: int = 0,
        connections: int = 4,
        messages: int = 500,
        marks: DotMarks | None = None,
    ) -> None:
        """`processes` of 0: a thread of this one. `messages` is how many go over one connection before it is opened
        anew. `marks` are those of the run, one for each connection."""
        self._setup = setup
        self.processes = min(processes, connections)
        self._connections = connections
        self._messages = messages
        self._marks = marks
        self._held: list[Claim | None] = [None] * connections
        # One for each sender loop. Worker w is line w // loops of loop w % loops.
        self._channels: list[Channel | None] = []
        self._loops: list[Any] = []  # threads or processes
        self._selector = selectors.DefaultSelector()
        self._unreported: list[WorkerReport] = []

    def __len__(self) -> int:
        return self._connections

    def start(self) -> None:
        """Start the workers: each reports once when it is ready."""
        if not self.processes:
            servers, build_message = self._setup()
            ours, workers_end = multiprocessing.Pipe()
            loop = SenderLoop(
                servers,
                build_message,
                workers_end,
                lines=self._connections,
                messages=self._messages,
                marks=_attached(self._marks_of_loop(0, 1)),
            )
            self._start(threading.Thread(target=loop.run, name="smtp", daemon=True), ours)
            return
        # Common imports happen once, in the process from which all are forked.
        context = process_context(type(self._setup).__module__)
        for number in range(self.processes):
            ours, workers_end = context.Pipe()
            lines = len(range(number, self._connections, self.processes))
            marks = self._marks_of_loop(number, self.processes)
            arguments = (workers_end, self._setup, lines, self._messages, marks, log.current())
            try:
                with without_main():
                    self._start(context.Process(target=_run_process, args=arguments, name=f"smtp-{number}"), ours)
            except (EOFError, OSError) as error:  # the server from which processes are forked is dead
                raise DigestError(
                    f"No sender process can be started ({error or 'the process they are forked from died'}).",
                    "Is there enough memory? Nothing was sent; the next run starts again.",
                ) from error
            finally:
                workers_end.close()  # the child has its own copy: ours reports EOF when the child dies

    def _marks_of_loop(self, number: int, loops: int) -> _MarksPart | None:
        """Where the marks of a loop's lines are: line l is worker l * loops + number."""
        if self._marks is None or self._marks.path is None:
            return None
        return self._marks.path, number, loops

    def _start(self, loop: Any, channel: Channel) -> None:
        self._selector.register(channel, selectors.EVENT_READ, len(self._channels))
        self._channels.append(channel)
        loop.start()
        self._loops.append(loop)

    def assign(self, claims: Iterable[tuple[int, Claim]], *, anew: bool = False) -> None:
        """Hand claims to workers that are ready. A report on each follows, whatever happens.

        With `anew`, each is sent over a new connection.
        """
        bundles: list[list[tuple[int, tuple[object, ...], bool]]] = [[] for _ in self._channels]
        for worker, claim in claims:
            self._held[worker] = claim
            line, loop = divmod(worker, len(bundles))
            bundles[loop].append((line, pack(claim), anew))
        for loop, bundle in enumerate(bundles):
            if bundle:
                try:
                    channel = self._channels[loop]
                    if channel is None:
                        raise BrokenPipeError
                    channel.send_bytes(pickle.dumps(bundle))
                except OSError:
                    self._lost(loop)

    def hang_up(self, workers: Iterable[int]) -> None:
        """Close the connections of workers that hold no claim. A later claim opens them again."""
        for worker in workers:
            line, loop = divmod(worker, len(self._channels))
            if (channel := self._channels[loop]) is not None:
                with contextlib.suppress(OSError):  # the next claim, or its reports, show that it died
                    channel.send_bytes(pickle.dumps([(line, None, False)]))

    def reports(self, timeout: float) -> list[WorkerReport]:
        """Return all pending reports, after waiting up to `timeout` seconds for the first."""
        reports, self._unreported = self._unreported, []
        for key, _ in self._selector.select(0.0 if reports else max(0.0, timeout)):
            loop = key.data
            channel = self._channels[loop]
            if channel is None:
                continue
            try:
                results: list[tuple[int, object]] = pickle.loads(channel.recv_bytes())  # noqa: S301 -- from our own process
            except (EOFError, OSError):
                self._lost(loop)
                continue
            for line, result in results:
                worker = line * len(self._channels) + loop
                claim, self._held[worker] = self._held[worker], None
                reports.append(WorkerReport(worker, claim, unpacked(result)))
        reports += self._unreported
        self._unreported = []
        return reports

    def _lost(self, loop: int) -> None:
        """A sender loop died: without its marks, what became of its claims is unknown."""
        channel, self._channels[loop] = self._channels[loop], None
        if channel is not None:
            self._selector.unregister(channel)
            channel.close()
        for worker in range(loop, self._connections, len(self._channels)):
            claim, self._held[worker] = self._held[worker], None
            if claim is not None or channel is not None:  # a worker without a claim reports only once
                self._unreported.append(WorkerReport(worker, claim, self._fate(claim), died=True))

    def _fate(self, claim: Claim | None) -> NotSent | NoReply:
        """Return the outcome of a claim whose process has died. Its channel was closed after its last write."""
        why = "the process that sent it died"
        ended = claim is None or self._marks is None or self._marks.may_have_ended(claim.id, claim.attempts)
        return NoReply(why) if ended else NotSent(why)

    def stop(self) -> None:
        """Let the workers finish their messages, then close all connections and end them."""
        for channel in self._channels:
            if channel is not None:
                with contextlib.suppress(OSError):
                    channel.send_bytes(pickle.dumps(None))
        until = time.monotonic() + _STOP_SECONDS
        for loop in self._loops:
            loop.join(max(0.0, until - time.monotonic()))
            if loop.is_alive() and not isinstance(loop, threading.Thread):
                loop.kill()
                loop.join()
        for channel in self._channels:
            if channel is not None:
                channel.close()
        self._selector.close()


def _run_process(
    channel: Channel,
    setup: SenderSetup,
    lines: int,
    messages: int,
    marks_part: _MarksPart | None,
    log_configuration: log.LogConfiguration | None,
) -> None:
    """The main function of a sender process."""
    log.configure_helper(log_configuration)
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # the outbox gets them, and drains
    try:
        servers, build_message = setup()
        marks = _attached(marks_part)
    except Exception as error:  # noqa: BLE001 -- the outbox raises it in the main thread
        with contextlib.suppress(OSError):
            channel.send_bytes(pickle.dumps([(line, packed(error)) for line in range(lines)]))
        return
    # All objects so far stay, and messages have no reference cycles: repeated garbage collection would be wasted.
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    SenderLoop(servers, build_message, channel, lines=lines, messages=messages, marks=marks).run()


def _attached(part: _MarksPart | None) -> DotMarks | None:
    """Open the marks of one loop. A message without a mark would be sent twice after a crash: no marks, no message."""
    if part is None:
        return None
    path, number, loops = part
    try:
        return DotMarks.attach(path, slice(number, None, loops))
    except MarksError as error:
        raise DigestError(
            f"The file of this run's marks cannot be used: {error}.", "Nothing was sent; run the command again."
        ) from error
