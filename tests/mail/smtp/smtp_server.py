"""A real SMTP server on loopback whose failures a test can order. Knows PIPELINING, STARTTLS and AUTH."""

from __future__ import annotations

import base64
import contextlib
import hmac
import random
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

DROP = "DROP"  # hang up without a reply
FEATURES = ("PIPELINING", "8BITMIME", "SIZE 10000000", "SMTPUTF8")


@dataclass
class Order:
    """What to answer the next `times` commands `verb` whose argument holds `about`.

    Verbs: CONNECT, EHLO, AUTH, MAIL, RCPT, DATA, BODY (after a first part of the message), END (after the final dot;
    the message is not taken), TAKEN (after the final dot; the message is taken), RSET.
    """

    verb: str
    about: str
    answer: str
    times: int = 1


@dataclass
class Accepted:
    sender: str
    recipient: str
    options: str
    message: bytes
    session: int


@dataclass
class SmtpServer:
    features: tuple[str, ...] = FEATURES
    greeting: str = "220 test.example ESMTP"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    credentials: dict[str, str] = field(default_factory=dict)
    mechanisms: str = "PLAIN LOGIN CRAM-MD5 XOAUTH2"  # what it offers to log in with
    delay: Callable[[], float] = lambda: 0.0  # before each answer, in seconds
    refuse: Callable[[str, str], str | None] = lambda _verb, _about: None  # what to answer instead of an order

    def __post_init__(self) -> None:
        self.accepted: list[Accepted] = []
        self.ended: set[str] = set()  # Message-IDs whose final dot was read, whatever became of the message
        self.commands: list[str] = []
        self.orders: list[Order] = []
        self.sessions = 0
        self.most_open = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0

    # --- Starting and stopping ---

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and hang up on everybody, as a crash does."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection, as when a cable is pulled; accept new ones."""
        with self._lock:
            open_now = list(self._open)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def order(self, verb: str, answer: str, about: str = "", times: int = 1) -> None:
        self.orders.append(Order(verb, about, answer, times))

    def copies(self) -> dict[str, int]:
        """How many messages were accepted with each Message-ID."""
        counts: dict[str, int] = {}
        with self._lock:
            accepted = list(self.accepted)
        for one in accepted:
            name = message_id_in(one.message) or one.recipient
            counts[name] = counts.get(name, 0) + 1
        return counts

    # --- Talking ---

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.sessions += 1
            session = self.sessions
            self._open.add(connection)
            self.most_open = max(self.most_open, len(self._open))
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.implicit_tls and self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Session(self, connection, session).run()
        except (OSError, _DroppedError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
                self._open = {one for one in self._open if one.fileno() != -1}
            with contextlib.suppress(OSError):
                connection.close()

    def ordered(self, verb: str, about: str) -> str | None:
        with self._lock:
            if (answer := self.refuse(verb, about)) is not None:
                return answer
            for order in self.orders:
                if order.verb == verb and order.about in about and order.times > 0:
                    order.times -= 1
                    return order.answer
        return None

    def take(self, accepted: Accepted) -> None:
        with self._lock:
            self.accepted.append(accepted)


def message_id_in(message: bytes) -> str:
    match = re.search(rb"^Message-ID: (\S+)", message, re.MULTILINE)
    return match[1].decode() if match else ""


class _DroppedError(Exception):
    pass


class _Session:
    def __init__(self, server: SmtpServer, connection: socket.socket, number: int) -> None:
        self.server = server
        self.connection = connection
        self.file = connection.makefile("rb")
        self.number = number
        self.secure = server.implicit_tls

    def say(self, text: str) -> None:
        if text == DROP:
            raise _DroppedError
        waiting = self.server.delay()
        if waiting:
            time.sleep(waiting)
        self.connection.sendall(text.encode() + b"\r\n")
        if text.startswith("421"):
            raise _DroppedError

    def answer(self, verb: str, about: str, usual: str) -> bool:
        """Send the ordered reply, else the usual one; return whether it was the usual one."""
        ordered = self.server.ordered(verb, about)
        self.say(usual if ordered is None else ordered)
        return ordered is None

    def run(self) -> None:
        if not self.answer("CONNECT", "", self.server.greeting):
            return
        sender = recipient = options = ""
        while line := self.file.readline():
            command = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            self.server.commands.append(command)
            verb, _, rest = command.partition(" ")
            match verb.upper():
                case "EHLO":
                    self.greet()
                case "STARTTLS":
                    assert self.server.tls is not None
                    self.say("220 go ahead")
                    self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                    self.file, self.secure = self.connection.makefile("rb"), True
                case "AUTH":
                    self.authenticate(rest)
                case "MAIL":
                    sender_match = re.match(r"FROM:<(.*?)>(.*)", rest)
                    assert sender_match
                    if self.answer("MAIL", rest, "250 2.1.0 Ok"):
                        sender, options = sender_match[1], sender_match[2]
                case "RCPT":
                    if not sender and not command.startswith("RCPT TO:<>"):
                        self.say("503 5.5.1 MAIL first")
                    elif self.answer("RCPT", rest, "250 2.1.5 Ok"):
                        recipient = rest[4:-1]
                case "DATA":
                    if not recipient:
                        self.say("554 5.5.1 no valid recipients")
                    elif self.answer("DATA", recipient, "354 go ahead"):
                        self.receive(sender, recipient, options)
                        sender = recipient = ""
                case "RSET":
                    sender = recipient = ""
                    self.answer("RSET", "", "250 2.0.0 Ok")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("500 5.5.2 what?")

    def greet(self) -> None:
        features = [*self.server.features]
        if self.server.tls is not None and not self.secure:
            features.append("STARTTLS")
        if self.server.credentials:
            features.append(f"AUTH {self.server.mechanisms}")
        lines = ["test.example", *features]
        usual = "\r\n".join(f"250{'-' if place < len(lines) - 1 else ' '}{line}" for place, line in enumerate(lines))
        self.answer("EHLO", "", usual)

    def authenticate(self, rest: str) -> None:
        method, _, first = rest.partition(" ")
        if method == "PLAIN":
            _, user, password = base64.b64decode(first).decode().split("\0")
        elif method == "XOAUTH2":
            match = re.match("user=(.*)\1auth=Bearer (.*)\1\1", base64.b64decode(first).decode())
            assert match
            user, password = match[1], match[2]
        elif method == "CRAM-MD5":
            challenge = b"<1896.697170952@test.example>"
            user, _, digest = self.ask(base64.b64encode(challenge).decode()).rpartition(" ")
            password = self.server.credentials.get(user, "")
            if hmac.new(password.encode(), challenge, "md5").hexdigest() != digest:
                password = "wrong"
        else:
            user = base64.b64decode(first).decode() if first else self.ask("VXNlcm5hbWU6")
            password = self.ask("UGFzc3dvcmQ6")
        if self.server.credentials.get(user) == password:
            self.answer("AUTH", user, "235 2.7.0 welcome")
        else:
            if method == "XOAUTH2":
                self.ask(base64.b64encode(b'{"status":"401"}').decode())
            self.say("535 5.7.8 wrong password")

    def ask(self, challenge: str) -> str:
        self.connection.sendall(f"334 {challenge}\r\n".encode())
        return base64.b64decode(self.file.readline()).decode()

    def receive(self, sender: str, recipient: str, options: str) -> None:
        lines: list[bytes] = []
        size = 0
        while True:
            line = self.file.readline()
            if not line:
                raise _DroppedError
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
            size += len(line)
            if size > 100 and self.server.orders and self.server.ordered("BODY", recipient) == DROP:
                raise _DroppedError
        self.server.ended.add(message_id_in(b"".join(lines)))
        ordered = self.server.ordered("END", recipient)
        if ordered is not None:
            self.say(ordered)
            return
        # Accepted before the reply: from here on the server has the message, whatever happens to the connection.
        self.server.take(Accepted(sender, recipient, options, b"".join(lines), self.number))
        self.answer("TAKEN", recipient, f"250 2.0.0 Ok: queued as Q{len(self.server.accepted):06d}")


@contextlib.contextmanager
def serving(**options: object) -> Iterator[SmtpServer]:
    server = SmtpServer(**options)  # type: ignore[arg-type]  # passes its keywords on
    server.start()
    try:
        yield server
    finally:
        server.stop()


def jittery(seed: int, most: float = 0.002) -> Callable[[], float]:
    """Replies that are sometimes slow, so that a kill can hit every stage."""
    dice = random.Random(seed)
    return lambda: dice.random() * most if dice.random() < 0.3 else 0.0
