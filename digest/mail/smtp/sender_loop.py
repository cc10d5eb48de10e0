"""A station of the outbox: several connections in one thread. Takes claims, makes letters, sends them, and reports what
the servers said; decides nothing, touches no store.

    channel ─claims▶ letter ─▶ line: (opened ─▶) talk … talk ─▶ outcome ─▶ reports ─channel▶

A line is one connection, opened when it is needed, with one claim at a time. What is said over it is
`transaction`; here the bytes go out and come in as the sockets take and give them, so that a slow server holds up
one line and no other. Only opening waits (for the name, TLS, log-in), in a thread of its own.
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
from digest.mail.smtp.classify_reply import Answered, NotBegun, Outcome, Stage, parse_reply
from digest.mail.smtp.connection import Connection, MailServer, open_connection
from digest.mail.smtp.transaction import Ended, Envelope, SmtpBrokenError, Turn, farewell, transaction
from digest.model import Claim, Reply


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message ready to go."""

    envelope: Envelope
    smtp_data: SmtpData


BuildMessage = Callable[[Claim], OutgoingMessage | None]
"""Makes the letter of one delivery; None when the edition has nothing for this subscriber."""

Result = Outcome | BaseException | None
"""What became of a claim; None: the edition has nothing for this subscriber. An exception: nothing was sent."""

_LOOK = 0.1  # seconds between looks at who has waited too long; one after each answer takes as long as reading it


@dataclass(slots=True)
class _Line:
    """One connection, and what is under way over it."""

    number: int
    connection: Connection | None = None
    letter: OutgoingMessage | None = None  # of the claim that it holds, once it is made
    talk: Generator[Turn, Reply, Ended | None] | None = None
    unwritten: memoryview = field(default_factory=lambda: memoryview(b""))
    waiting: bool = False  # for the socket to take more
    patience: float = 0.0  # seconds for the next answer, when all is written
    deadline: float = 0.0
    opening: bool = False
    fresh: bool = False  # the connection was opened for this letter

    @property
    def at_work(self) -> bool:
        return self.opening or self.talk is not None


class SenderLoop:
    """Runs in one thread until the channel says None or ends, and all that was under way has come to its end."""

    def __init__(
        self, servers: Sequence[MailServer], build_message: BuildMessage, channel: Channel, *, lines: int, messages: int
    ) -> None:
        """`messages` is how many go over one connection before it is opened anew."""
        self._servers = servers
        self._build_message = build_message
        self._channel = channel
        self._most = messages
        self._lines = [_Line(number) for number in range(lines)]
        self._selector = selectors.DefaultSelector()
        self._opened: queue.SimpleQueue[tuple[_Line, Connection | NotBegun | Exception]] = queue.SimpleQueue()
        self._bell, self._button = socket.socketpair()  # rung by the threads that open connections
        self._reports: list[tuple[int, object]] = []
        self._closing = False

    def run(self) -> None:
        """Each line reports once when it is ready, then once for each claim."""
        self._bell.setblocking(False)
        self._selector.register(self._channel, selectors.EVENT_READ, self._take)
        self._selector.register(self._bell, selectors.EVENT_READ, self._let_in)
        self._reports = [(line.number, None) for line in self._lines]
        looked = time.monotonic()
        try:
            while not self._closing or any(line.at_work for line in self._lines):
                self._send_reports()
                for key, events in self._selector.select(_LOOK):
                    if isinstance(key.data, _Line):
                        self._attend(key.data, events)
                    else:
                        key.data()
                if (now := time.monotonic()) - looked >= _LOOK:
                    looked = now
                    self._lose_patience(now)
            self._send_reports()
        finally:
            for line in self._lines:
                self._drop(line)
            self._selector.close()
            self._bell.close()
            self._button.close()
            # Whatever happened here, the outbox does not wait for a report for ever.
            self._channel.close()

    # --- The channel ---

    def _take(self) -> None:
        try:
            claims: list[tuple[int, tuple[object, ...]]] | None = pickle.loads(self._channel.recv_bytes())  # noqa: S301 -- from our own process
        except (EOFError, OSError):
            claims = None  # the outbox has died, however it died
        if claims is not None:
            for number, packed in claims:
                self._begin(self._lines[number], Claim(*packed))  # type: ignore[arg-type]  # what `pack` took apart
            return
        self._closing = True
        self._selector.unregister(self._channel)
        for line in self._lines:
            if not line.at_work:
                self._leave(line)

    def _report(self, line: _Line, result: Result) -> None:
        line.letter = None
        self._reports.append((line.number, packed(result)))
        if self._closing:
            self._leave(line)

    def _send_reports(self) -> None:
        if self._reports:
            with contextlib.suppress(OSError):  # nobody listens any more: the channel's end says so
                self._channel.send_bytes(pickle.dumps(self._reports))
            self._reports = []

    # --- A claim ---

    def _begin(self, line: _Line, claim: Claim) -> None:
        try:
            line.letter = self._build_message(claim)
        except Exception as error:  # noqa: BLE001 -- the clerk raises it in the thread that people see
            self._report(line, error)
            return
        if line.letter is None:
            self._report(line, None)
        elif line.connection is None:
            self._open(line)
        elif line.connection.messages >= self._most:
            self._leave(line)
        else:
            line.fresh = False
            self._transact(line, line.connection, line.letter)

    def _transact(self, line: _Line, connection: Connection, letter: OutgoingMessage) -> None:
        connection.messages += 1
        line.talk = transaction(connection.offers, letter.envelope, letter.smtp_data)
        self._step(line, connection, None)

    def _leave(self, line: _Line) -> None:
        """Say goodbye and close; then open anew where a letter waits."""
        if line.connection is not None:
            line.talk = farewell()
            self._step(line, line.connection, None)

    def _ended(self, line: _Line, ended: Ended | None) -> None:
        line.talk = None
        if ended is None or not ended.usable:
            self._drop(line)
        if line.letter is None:
            return
        if ended is None:  # the old connection had done its share
            self._open(line)
            return
        outcome = ended.outcome
        # Servers hang up on idle connections: that is no failure, and nothing was sent.
        if not ended.usable and not line.fresh and isinstance(outcome, NotBegun) and not outcome.fatal:
            self._open(line)
        else:
            self._report(line, outcome)

    # --- Opening and closing ---

    def _open(self, line: _Line) -> None:
        line.opening = True
        threading.Thread(target=self._opening, args=(line,), name=f"smtp-{line.number}", daemon=True).start()

    def _opening(self, line: _Line) -> None:
        """The first server that lets us in; the failure of the first when none does."""
        opened: Connection | NotBegun | Exception
        try:
            opened = _opened(self._servers)
        except Exception as error:  # noqa: BLE001 -- the clerk raises it in the thread that people see
            opened = error
        self._opened.put((line, opened))
        with contextlib.suppress(OSError):
            self._button.send(b"\0")

    def _let_in(self) -> None:
        self._bell.recv(4096)
        with contextlib.suppress(queue.Empty):
            while True:
                line, opened = self._opened.get_nowait()
                line.opening = False
                if not isinstance(opened, Connection):
                    self._report(line, opened)
                elif line.letter is not None:
                    opened.sock.setblocking(False)
                    line.connection, line.fresh = opened, True
                    self._selector.register(opened.sock, selectors.EVENT_READ, line)
                    self._transact(line, opened, line.letter)

    def _drop(self, line: _Line) -> None:
        connection, line.connection = line.connection, None
        line.unwritten, line.waiting = memoryview(b""), False
        if connection is not None:
            self._selector.unregister(connection.sock)
            connection.abort()

    # --- Bytes ---

    def _attend(self, line: _Line, events: int) -> None:
        """The socket of a line can be read or written."""
        connection = line.connection
        if connection is None:  # dropped by what came before it in the same round
            return
        try:
            if events & selectors.EVENT_READ:
                connection.read_some()
            if left := len(line.unwritten):
                self._write(line, connection)
                if len(line.unwritten) < left:
                    self._be_patient(line, connection)
            answered = None if line.unwritten else connection.answers.next()
        except OSError as error:
            self._broken(line, connection, f"{error or type(error).__name__}")
            return
        if line.talk is None:
            if connection.answers.begun or answered is not None:
                self._drop(line)  # it says something that nobody asked for: goodbye, most likely
        elif answered is not None:
            self._step(line, connection, parse_reply(*answered))

    def _step(self, line: _Line, connection: Connection, reply: Reply | SmtpBrokenError | None) -> None:
        """Go on with the talk as far as it goes without waiting. A reply of None begins it."""
        try:
            while (talk := line.talk) is not None:
                if isinstance(reply, SmtpBrokenError):
                    turn = talk.throw(reply)
                else:
                    turn = next(talk) if reply is None else talk.send(reply)
                try:
                    if turn.data:
                        line.unwritten = memoryview(turn.data)
                        self._write(line, connection)
                    answered = None if line.unwritten else connection.answers.next()
                except OSError as error:
                    reply = SmtpBrokenError(f"{error or type(error).__name__}", written=not line.unwritten)
                    continue
                if answered is None:
                    line.patience = turn.wait(connection.server.timeout)
                    self._be_patient(line, connection)
                    return
                reply = parse_reply(*answered)
        except StopIteration as stop:
            self._ended(line, stop.value)

    def _write(self, line: _Line, connection: Connection) -> None:
        line.unwritten = line.unwritten[connection.write_some(line.unwritten) :]
        if line.waiting != bool(line.unwritten):
            line.waiting = not line.waiting
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.waiting else 0)
            self._selector.modify(connection.sock, events, line)

    def _be_patient(self, line: _Line, connection: Connection) -> None:
        """The whole time of an answer begins when all is written; until then, that of any progress."""
        line.deadline = time.monotonic() + (connection.server.timeout if line.unwritten else line.patience)

    def _broken(self, line: _Line, connection: Connection, reason: str) -> None:
        if line.talk is None:
            self._drop(line)  # an idle connection: the next letter opens another
        else:
            self._step(line, connection, SmtpBrokenError(reason, written=not line.unwritten))

    def _lose_patience(self, now: float) -> None:
        for line in self._lines:
            if line.talk is not None and line.deadline <= now and line.connection is not None:
                self._broken(line, line.connection, "timed out")


def _opened(servers: Sequence[MailServer]) -> Connection | NotBegun:
    first: NotBegun | None = None
    for server in servers:
        opened = open_connection(server)
        if isinstance(opened, Connection):
            return opened
        first = first or opened
    return first or NotBegun("no mail server is set", fatal=True)


# --- What travels over a channel: tuples, which are ten times as quick to pickle as the values ------------------------


pack: Callable[[Claim], tuple[object, ...]] = attrgetter(*Claim.__match_args__)
"""A claim's fields."""


def packed(result: Result) -> object:
    """A result, as it travels."""
    if isinstance(result, Answered):
        reply = result.reply
        return result.stage.value, reply.code, reply.enhanced, reply.text, reply.queue_id
    return _that_travels(result) if isinstance(result, BaseException) else result


def unpacked(result: object) -> Result:
    """The same where it arrives."""
    if isinstance(result, tuple):
        stage, *reply = result
        return Answered(_STAGES[stage], Reply(*reply))
    return result  # type: ignore[return-value]  # what `packed` let through


_STAGES = {stage.value: stage for stage in Stage}


def _that_travels(error: BaseException) -> BaseException:
    """The error with where it happened, or its words where it cannot be taken apart and put together again."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    except Exception:  # noqa: BLE001 -- whatever its class thought of
        return DigestError(f"{type(error).__name__}: {error}")
    return error
