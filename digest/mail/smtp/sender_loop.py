"""Several SMTP connections driven by one thread. Takes claims, builds and sends messages, and reports the replies;
decides nothing, touches no store.

    channel ─claims▶ message ─▶ line: (open ─▶) write, read … ─▶ outcome ─▶ reports ─channel▶

A line is one connection, opened when it is needed, with one claim at a time. `transaction` decides what to say over it;
here bytes are written and read as the sockets allow, so that a slow server delays one line and no other. Only opening
blocks (name look-up, TLS, log-in), in a thread of its own. The final dot of a message is written by itself, after the
mark which says that it may have left (`digest.mail.smtp.dot_marks`).
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import selectors
import socket
import threading
import time
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Channel
from operator import attrgetter

from digest.errors import DigestError
from digest.mail.message.dot_stuffing import SmtpData
from digest.mail.smtp.classify_reply import NotSent, Outcome, Replied, Stage, parse_reply
from digest.mail.smtp.connection import Connection, MailServer, open_connection
from digest.mail.smtp.dot_marks import DotMarks
from digest.mail.smtp.transaction import (
    FINAL_DOT,
    Envelope,
    SmtpBrokenError,
    TransactionResult,
    Turn,
    quit_session,
    transaction,
)
from digest.model import Claim, Reply


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message ready to go."""

    envelope: Envelope
    smtp_data: SmtpData


BuildMessage = Callable[[Claim], OutgoingMessage | None]
"""Builds the message of one delivery; None when the edition has nothing for this subscriber."""

Result = Outcome | BaseException | None
"""What became of a claim; None: the edition has nothing for this subscriber. An exception: nothing was sent."""

_TIMEOUT_CHECK = 0.1  # seconds between checks for time-outs; one after each reply would cost as much as reading it


@dataclass(slots=True)
class _Line:
    """One connection, and the message that is being sent over it."""

    number: int
    connection: Connection | None = None
    message: OutgoingMessage | None = None  # of the claim that it holds, once it is built
    talk: Generator[Turn, Reply, TransactionResult | None] | None = None
    mark: int = 0  # for its claim
    unwritten: memoryview = field(default_factory=lambda: memoryview(b""))
    ends_message: bool = False  # the last bytes of what is unwritten are the final dot
    waiting: bool = False  # for the socket to accept more
    reply_timeout: float = 0.0  # seconds to wait for the next reply, once all is written
    deadline: float = 0.0
    opening: bool = False
    fresh: bool = False  # the connection was opened for this message

    @property
    def busy(self) -> bool:
        return self.opening or self.talk is not None

    @property
    def has_ended(self) -> bool:
        """Whether the final dot has left."""
        return self.ends_message and not self.unwritten


class SenderLoop:
    """Runs in one thread until the channel sends None or closes, and all messages under way are finished."""

    def __init__(
        self,
        servers: Sequence[MailServer],
        build_message: BuildMessage,
        channel: Channel,
        *,
        lines: int,
        messages: int,
        marks: DotMarks | None = None,
    ) -> None:
        """`messages` is how many go over one connection before it is opened anew. The loop closes `marks`."""
        self._servers = servers
        self._build_message = build_message
        self._channel = channel
        self._most = messages
        self._marks = DotMarks.in_memory(lines) if marks is None else marks
        self._lines = [_Line(number) for number in range(lines)]
        self._selector = selectors.DefaultSelector()
        self._opened: queue.SimpleQueue[tuple[_Line, Connection | NotSent | Exception]] = queue.SimpleQueue()
        self._bell, self._button = socket.socketpair()  # rung by the threads that open connections
        self._reports: list[tuple[int, object]] = []
        self._closing = False

    def run(self) -> None:
        """Each line reports once when it is ready, then once for each claim."""
        self._bell.setblocking(False)
        self._selector.register(self._channel, selectors.EVENT_READ, self._take)
        self._selector.register(self._bell, selectors.EVENT_READ, self._take_opened)
        self._reports = [(line.number, None) for line in self._lines]
        checked = time.monotonic()
        try:
            while not self._closing or any(line.busy for line in self._lines):
                self._send_reports()
                for key, events in self._selector.select(_TIMEOUT_CHECK):
                    if isinstance(key.data, _Line):
                        self._attend(key.data, events)
                    else:
                        key.data()
                if (now := time.monotonic()) - checked >= _TIMEOUT_CHECK:
                    checked = now
                    self._check_timeouts(now)
            self._send_reports()
        finally:
            for line in self._lines:
                self._drop(line)
            self._selector.close()
            self._bell.close()
            self._button.close()
            self._marks.close()
            # The outbox sees the channel close, and waits for no report.
            self._channel.close()

    # --- The channel ---

    def _take(self) -> None:
        try:
            claims: list[tuple[int, tuple[object, ...] | None, bool]] | None = pickle.loads(self._channel.recv_bytes())  # noqa: S301 -- from our own process
        except (EOFError, OSError):
            claims = None
            self._abandon()
        if claims is not None:
            for number, packed, anew in claims:
                if packed is None:  # hang up
                    self._quit(self._lines[number])
                    continue
                self._begin(self._lines[number], Claim(*packed), anew=anew)  # type: ignore[arg-type]  # what `pack` took apart
            return
        self._closing = True
        self._selector.unregister(self._channel)
        for line in self._lines:
            if not line.busy:
                self._quit(line)

    def _abandon(self) -> None:
        """The outbox has died. Only messages whose final dot has left go on: nobody could record any other.

        The next run queues the others again.
        """
        for line in self._lines:
            if line.busy and not line.has_ended:
                line.opening, line.talk, line.message = False, None, None
                self._drop(line)
                self._unmark(line)
        self._marks.release_lock()

    def _report(self, line: _Line, result: Result) -> None:
        line.message = None
        self._reports.append((line.number, packed(result)))
        if self._closing:
            self._quit(line)

    def _send_reports(self) -> None:
        if self._reports:
            with contextlib.suppress(OSError):  # the outbox has ended: reading the channel will show it
                self._channel.send_bytes(pickle.dumps(self._reports))
            self._reports = []

    # --- A claim ---

    def _begin(self, line: _Line, claim: Claim, *, anew: bool) -> None:
        """Send a message; with `anew`, over a new connection."""
        line.mark = self._marks.word(claim.id, claim.attempts)
        try:
            line.message = self._build_message(claim)
        except Exception as error:  # noqa: BLE001 -- the outbox raises it in the main thread
            self._report(line, error)
            return
        if line.message is None:
            self._report(line, None)
        elif line.connection is None:
            self._open(line)
        elif line.talk is not None:
            pass  # it is hanging up, and then opens a new connection
        elif anew or line.connection.messages >= self._most:
            self._quit(line)
        else:
            line.fresh = False
            self._transact(line, line.connection, line.message)

    def _transact(self, line: _Line, connection: Connection, message: OutgoingMessage) -> None:
        connection.messages += 1
        line.talk = transaction(connection.capabilities, message.envelope, message.smtp_data)
        self._step(line, connection, None)

    def _quit(self, line: _Line) -> None:
        """Say QUIT and close; then open a new connection where a message waits."""
        if line.connection is not None:
            line.talk = quit_session()
            self._step(line, line.connection, None)

    def _finish(self, line: _Line, ended: TransactionResult | None) -> None:
        line.talk = None
        if ended is None or not ended.usable:
            self._drop(line)
        if line.message is None:
            return
        if ended is None:  # the old connection had carried its share of messages
            self._open(line)
            return
        outcome = ended.outcome
        if isinstance(outcome, NotSent) or (isinstance(outcome, Replied) and outcome.reply.code >= 400):
            self._unmark(line)  # the server does not have the message
        # Servers hang up on idle connections. That is no failure, and nothing was sent.
        if not ended.usable and not line.fresh and isinstance(outcome, NotSent) and not outcome.fatal:
            self._open(line)
        else:
            self._report(line, outcome)

    # --- Opening and closing ---

    def _open(self, line: _Line) -> None:
        line.opening = True
        threading.Thread(target=self._opening, args=(line,), name=f"smtp-{line.number}", daemon=True).start()

    def _opening(self, line: _Line) -> None:
        """Open a connection to the first server that accepts one; report the first failure where none does."""
        opened: Connection | NotSent | Exception
        try:
            opened = _opened(self._servers)
        except Exception as error:  # noqa: BLE001 -- the outbox raises it in the main thread
            opened = error
        self._opened.put((line, opened))
        with contextlib.suppress(OSError):
            self._button.send(b"\0")

    def _take_opened(self) -> None:
        self._bell.recv(4096)
        with contextlib.suppress(queue.Empty):
            while True:
                line, opened = self._opened.get_nowait()
                line.opening = False
                if not isinstance(opened, Connection):
                    self._report(line, opened)
                elif line.message is not None:
                    opened.sock.setblocking(False)
                    line.connection, line.fresh = opened, True
                    self._selector.register(opened.sock, selectors.EVENT_READ, line)
                    self._transact(line, opened, line.message)
                else:  # abandoned meanwhile
                    opened.abort()

    def _unmark(self, line: _Line) -> None:
        self._marks.words[line.number] = self._marks.empty

    def _drop(self, line: _Line) -> None:
        connection, line.connection = line.connection, None
        line.unwritten, line.waiting, line.ends_message = memoryview(b""), False, False
        if connection is not None:
            self._selector.unregister(connection.sock)
            connection.abort()

    # --- Bytes ---

    def _attend(self, line: _Line, events: int) -> None:
        """The socket of a line can be read or written."""
        connection = line.connection
        if connection is None:  # dropped earlier in the same round
            return
        try:
            if events & selectors.EVENT_READ:
                connection.read_some()
            if left := len(line.unwritten):
                self._write(line, connection)
                if len(line.unwritten) < left:
                    self._set_deadline(line, connection)
            raw_reply = None if line.unwritten else connection.replies.next()
        except OSError as error:
            self._broken(line, connection, f"{error or type(error).__name__}")
            return
        if line.talk is None:
            if connection.replies.begun or raw_reply is not None:
                self._drop(line)  # an unexpected reply, most likely 421 before hanging up
        elif raw_reply is not None:
            self._step(line, connection, parse_reply(*raw_reply))

    def _step(self, line: _Line, connection: Connection, reply: Reply | SmtpBrokenError | None) -> None:
        """Continue the transaction as far as possible without waiting. A reply of None begins it."""
        try:
            while (talk := line.talk) is not None:
                if isinstance(reply, SmtpBrokenError):
                    turn = talk.throw(reply)
                else:
                    turn = next(talk) if reply is None else talk.send(reply)
                try:
                    if turn.data:
                        line.unwritten, line.ends_message = memoryview(turn.data), turn.ends_message
                        self._write(line, connection)
                    raw_reply = None if line.unwritten else connection.replies.next()
                except OSError as error:
                    reply = SmtpBrokenError(f"{error or type(error).__name__}", written=not line.unwritten)
                    continue
                if raw_reply is None:
                    line.reply_timeout = turn.wait(connection.server.timeout)
                    self._set_deadline(line, connection)
                    return
                reply = parse_reply(*raw_reply)
        except StopIteration as stop:
            self._finish(line, stop.value)

    def _write(self, line: _Line, connection: Connection) -> None:
        if line.ends_message and (body := len(line.unwritten) - len(FINAL_DOT)) > 0:
            line.unwritten = line.unwritten[connection.write_some(line.unwritten[:body], more=True) :]
        if not line.ends_message:
            line.unwritten = line.unwritten[connection.write_some(line.unwritten) :]
        elif len(line.unwritten) <= len(FINAL_DOT):
            marks = self._marks
            written = connection.write_marked(line.unwritten, marks.words, line.number, line.mark, marks.empty)
            line.unwritten = line.unwritten[written:]
        if line.waiting != bool(line.unwritten):
            line.waiting = not line.waiting
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.waiting else 0)
            self._selector.modify(connection.sock, events, line)

    def _set_deadline(self, line: _Line, connection: Connection) -> None:
        """The time for a reply starts when all is written; until then each progress restarts the server's time-out."""
        line.deadline = time.monotonic() + (connection.server.timeout if line.unwritten else line.reply_timeout)

    def _broken(self, line: _Line, connection: Connection, reason: str) -> None:
        if line.talk is None:
            self._drop(line)  # an idle connection: the next message opens another
        else:
            self._step(line, connection, SmtpBrokenError(reason, written=not line.unwritten))

    def _check_timeouts(self, now: float) -> None:
        for line in self._lines:
            if line.talk is not None and line.deadline <= now and line.connection is not None:
                self._broken(line, line.connection, "timed out")


def _opened(servers: Sequence[MailServer]) -> Connection | NotSent:
    first: NotSent | None = None
    for server in servers:
        opened = open_connection(server)
        if isinstance(opened, Connection):
            return opened
        first = first or opened
    return first or NotSent("no mail server is configured", fatal=True)


# --- Over a channel go tuples, which are much quicker to pickle than the values ---------------------------------------


pack: Callable[[Claim], tuple[object, ...]] = attrgetter(*Claim.__match_args__)
"""A claim as a tuple of its fields."""


def packed(result: Result) -> object:
    """A result as it goes over a channel."""
    if isinstance(result, Replied):
        reply = result.reply
        return result.stage.value, reply.code, reply.enhanced, reply.text, reply.queue_id
    return _picklable(result) if isinstance(result, BaseException) else result


def unpacked(result: object) -> Result:
    """The result from what came over a channel."""
    if isinstance(result, tuple):
        stage, *reply = result
        return Replied(_STAGES[stage], Reply(*reply))
    return result  # type: ignore[return-value]  # all else is itself


_STAGES = {stage.value: stage for stage in Stage}


def _picklable(error: BaseException) -> BaseException:
    """The error with its traceback as a note, or its message where it cannot be pickled."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    except Exception:  # noqa: BLE001 -- whatever its class thought of
        return DigestError(f"{type(error).__name__}: {error}")
    return error
