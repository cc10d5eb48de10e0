"""The crew of the outbox: stations with several connections each, in a thread of this process or in processes.

One thread is at once there, and enough for thousands of subscribers. One Python process fills one core: processes are
for a large list on a machine with several. Either way each worker has one connection and holds one claim at a time, and
everything is decided and written down in the outbox's own thread.

A station ends when its channel does: when the outbox has died, however it died. When a process dies, what its workers
held is lost from sight, and the others go on.
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
from typing import Any

from digest import log
from digest.errors import DigestError
from digest.mail.smtp.classify_reply import Lost
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.sender_loop import BuildMessage, Result, SenderLoop, pack, packed, unpacked
from digest.model import Claim
from digest.workers.processes import process_context, without_main

STOPPING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a sender to stop. A terminal gives the last two to all of a command's processes."""

_GARBAGE = 20_000  # values made, and not let go, before a process that sends looks for those that can go
_FAREWELL_SECONDS = 10.0  # for a station to finish what it is at, and to say goodbye to the servers

Equipment = Callable[[], tuple[Sequence[MailServer], BuildMessage]]
"""What a station needs. Called once for each; for processes it is pickled, so one that a module names."""


@dataclass(frozen=True, slots=True)
class Done:
    """A worker is ready for its next claim, and says what became of the last one."""

    worker: int
    claim: Claim | None = None  # None: its first report
    result: Result = None
    gone: bool = False  # it takes no more claims


class SenderPool:
    """Workers, numbered from 0."""

    def __init__(self, equipment: Equipment, *, processes: int = 0, connections: int = 4, messages: int = 500) -> None:
        """`processes` of 0: a thread of this one. `messages` is how many go over one connection before it is opened
        anew."""
        self._equipment = equipment
        self.processes = min(processes, connections)
        self._connections = connections
        self._messages = messages
        self._held: list[Claim | None] = [None] * connections
        # One a station. Worker w is line w // stations of station w % stations.
        self._channels: list[Channel | None] = []
        self._loops: list[Any] = []  # threads or processes
        self._selector = selectors.DefaultSelector()
        self._unsaid: list[Done] = []

    def __len__(self) -> int:
        return self._connections

    def start(self) -> None:
        """Let the workers get ready: each reports once."""
        if not self.processes:
            servers, build_message = self._equipment()
            ours, theirs = multiprocessing.Pipe()
            loop = SenderLoop(servers, build_message, theirs, lines=self._connections, messages=self._messages)
            self._begun(threading.Thread(target=loop.run, name="smtp", daemon=True), ours)
            return
        # What all of them import is imported once, in the process from which they are forked.
        context = process_context(type(self._equipment).__module__)
        for number in range(self.processes):
            ours, theirs = context.Pipe()
            lines = len(range(number, self._connections, self.processes))
            arguments = (theirs, self._equipment, lines, self._messages, log.current())
            try:
                with without_main():
                    self._begun(context.Process(target=_live, args=arguments, name=f"smtp-{number}"), ours)
            except (EOFError, OSError) as error:  # the server from which processes are forked is dead
                raise DigestError(
                    f"No process that sends can be started ({error or 'the one they are forked from died'}).",
                    "Is there enough memory? Nothing was sent; the next run begins anew.",
                ) from error
            finally:
                theirs.close()  # the child has its own: when it dies, ours says so

    def _begun(self, loop: Any, channel: Channel) -> None:
        self._selector.register(channel, selectors.EVENT_READ, len(self._channels))
        self._channels.append(channel)
        loop.start()
        self._loops.append(loop)

    def give(self, claims: Iterable[tuple[int, Claim]]) -> None:
        """Hand claims to workers that are ready; a report on each follows, whatever happens."""
        bundles: list[list[tuple[int, tuple[object, ...]]]] = [[] for _ in self._channels]
        for worker, claim in claims:
            self._held[worker] = claim
            line, loop = divmod(worker, len(bundles))
            bundles[loop].append((line, pack(claim)))
        for loop, bundle in enumerate(bundles):
            if bundle:
                try:
                    channel = self._channels[loop]
                    if channel is None:
                        raise BrokenPipeError
                    channel.send_bytes(pickle.dumps(bundle))
                except OSError:
                    self._lost(loop)

    def hear(self, timeout: float) -> list[Done]:
        """All reports there are; waits up to `timeout` seconds for the first."""
        heard, self._unsaid = self._unsaid, []
        for key, _ in self._selector.select(0.0 if heard else max(0.0, timeout)):
            loop = key.data
            channel = self._channels[loop]
            if channel is None:
                continue
            try:
                reports: list[tuple[int, object]] = pickle.loads(channel.recv_bytes())  # noqa: S301 -- from our own process
            except (EOFError, OSError):
                self._lost(loop)
                continue
            for line, result in reports:
                worker = line * len(self._channels) + loop
                claim, self._held[worker] = self._held[worker], None
                heard.append(Done(worker, claim, unpacked(result)))
        heard += self._unsaid
        self._unsaid = []
        return heard

    def _lost(self, loop: int) -> None:
        """It has died: nobody knows what became of the claims it held."""
        channel, self._channels[loop] = self._channels[loop], None
        if channel is not None:
            self._selector.unregister(channel)
            channel.close()
        for worker in range(loop, self._connections, len(self._channels)):
            claim, self._held[worker] = self._held[worker], None
            if claim is not None or channel is not None:  # without a claim, once
                self._unsaid.append(Done(worker, claim, Lost("the process that sent it died"), gone=True))

    def stop(self) -> None:
        """Let the workers finish what they are at, say goodbye to the servers and go."""
        for channel in self._channels:
            if channel is not None:
                with contextlib.suppress(OSError):
                    channel.send_bytes(pickle.dumps(None))
        until = time.monotonic() + _FAREWELL_SECONDS
        for loop in self._loops:
            loop.join(max(0.0, until - time.monotonic()))
            if loop.is_alive() and not isinstance(loop, threading.Thread):
                loop.kill()
                loop.join()
        for channel in self._channels:
            if channel is not None:
                channel.close()
        self._selector.close()


def _live(
    channel: Channel,
    equipment: Equipment,
    lines: int,
    messages: int,
    log_configuration: log.LogConfiguration | None,
) -> None:
    """The life of a process that sends."""
    log.configure_helper(log_configuration)
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # the outbox hears them, and drains
    try:
        servers, build_message = equipment()
    except Exception as error:  # noqa: BLE001 -- the clerk raises it in the thread that people see
        with contextlib.suppress(OSError):
            channel.send_bytes(pickle.dumps([(line, packed(error)) for line in range(lines)]))
        return
    # What is here now stays, and letters hold no cycles: looking over and over for what can go takes a twentieth of the
    # time.
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    SenderLoop(servers, build_message, channel, lines=lines, messages=messages).run()
