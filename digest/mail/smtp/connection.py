"""SMTP connections: opened, spoken over, closed.

smtplib opens one (greeting, STARTTLS, log-in). What is said then is `transaction`'s; here are the socket, its
time-outs and what breaks. `Connection.send` waits for each answer; `sender_loop` drives many connections at once.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from digest.errors import SettingsError
from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.classify_reply import NotBegun, Outcome, is_permanent, parse_reply, shown
from digest.mail.smtp.reply_parser import BLOCK, Answers, read_answer
from digest.mail.smtp.tls import tls_context
from digest.mail.smtp.transaction import Envelope, Offers, SmtpBrokenError, Turn, farewell, transaction
from digest.model import Reply

Security = Literal["none", "opportunistic", "starttls", "tls"]
_NO_MAIL_SERVER = "Are these the host and the port of a mail server? See [smtp] in digest.toml."
_NOTHING_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

T = TypeVar("T")


@dataclass(frozen=True)
class MailServer:
    """One SMTP server and how to talk to it."""

    host: str
    port: int = 25
    security: Security = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    auth: Literal["auto", "xoauth2"] = "auto"
    timeout: float = 60.0  # seconds for each answer; ten times that after the end of the message
    verify: bool = True  # the certificate
    ca_file: str = ""  # an authority that is trusted as well as the machine's own

    @cached_property
    def context(self) -> ssl.SSLContext:
        """For TLS. Raises SettingsError when `ca_file` cannot be read."""
        return tls_context(verify=self.verify, ca_file=self.ca_file)

    def __getstate__(self) -> dict[str, Any]:
        """For a process that sends: it makes its own context, if it needs one."""
        return {name: value for name, value in self.__dict__.items() if name != "context"}

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """An open, authenticated connection. `usable` turns False when it must not be used again."""

    def __init__(self, server: MailServer, client: smtplib.SMTP, answers: Answers) -> None:
        self.server = server
        self.offers = _offers(server, client)
        self.sock = _socket_of(client)
        self.answers = answers
        self.usable = True
        self.messages = 0  # transactions begun over it

    # --- Waiting ---

    def send(self, envelope: Envelope, message: bytes) -> Outcome:
        """One transaction. `message` ends its lines with CRLF and is sent byte for byte."""
        self.messages += 1
        ended = self._talk(transaction(self.offers, envelope, to_smtp_data(message)))
        if not ended.usable:
            self.abort()
        return ended.outcome

    def close(self) -> None:
        """Say goodbye; never raises."""
        if self.usable:
            self._talk(farewell())
        self.abort()

    def abort(self) -> None:
        """Drop the connection without a word; a message under way is not delivered, unless its dot is out."""
        self.usable = False
        with contextlib.suppress(OSError):
            self.sock.close()

    def _talk(self, talk: Generator[Turn, Reply, T]) -> T:
        try:
            turn = next(talk)
            while True:
                try:
                    reply = self._turned(turn)
                except SmtpBrokenError as error:
                    turn = talk.throw(error)
                else:
                    turn = talk.send(reply)
        except StopIteration as stop:
            value: T = stop.value
            return value

    def _turned(self, turn: Turn) -> Reply:
        written = False
        try:
            if turn.data:
                self.sock.settimeout(self.server.timeout)
                self.sock.sendall(turn.data)
            written = True
            self.sock.settimeout(turn.wait(self.server.timeout))
            return parse_reply(*read_answer(self.sock, self.answers))
        except OSError as error:
            raise SmtpBrokenError(f"{error or type(error).__name__}", written=written) from error

    # --- Not waiting: the socket is non-blocking ---

    def write_some(self, data: bytes | memoryview) -> int:
        """How many bytes the system took. Raises OSError."""
        try:
            return self.sock.send(data)
        except _NOTHING_NOW:
            return 0

    def read_some(self) -> None:
        """Take in what the server has said so far. Raises OSError, also when it has hung up."""
        try:
            while True:
                block = self.sock.recv(BLOCK)
                if not block:
                    raise ConnectionResetError("the server hung up")
                self.answers.feed(block)
                # TLS takes in more than it gives out: what is left would not make the socket ready again.
                if not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
                    return
        except _NOTHING_NOW:
            return


def _offers(server: MailServer, client: smtplib.SMTP) -> Offers:
    size = client.esmtp_features.get("size", "")
    return Offers(
        str(server),
        pipelining=client.has_extn("pipelining"),
        smtputf8=client.has_extn("smtputf8"),
        eight_bit=client.has_extn("8bitmime"),
        sized=client.has_extn("size"),
        most=int(size) if size.isdigit() else 0,
    )


class _Client(smtplib.SMTP):
    """smtplib's client with an end to each answer."""

    _heard: tuple[socket.socket, Answers] | None = None

    @property
    def answers(self) -> Answers:
        """Of the present socket: nothing said before TLS is believed after it."""
        sock = _socket_of(self)
        if self._heard is None or self._heard[0] is not sock:
            self._heard = sock, Answers()
        return self._heard[1]

    def getreply(self) -> tuple[int, bytes]:
        try:
            return read_answer(_socket_of(self), self.answers)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"{error or type(error).__name__}") from error


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def open_connection(server: MailServer) -> Connection | NotBegun:
    """Connect, greet, encrypt and log in. What fails comes back as a value."""
    client: _Client | None = None
    try:
        client = _connect(server)
        if server.security in ("starttls", "opportunistic"):
            _start_tls(server, client)
        if server.username:
            _log_in(server, client)
        return Connection(server, client, client.answers)
    except _UnfitError as error:
        failure = NotBegun(f"{server}: {error}", fatal=True)
    except SettingsError as error:  # the authority's file has gone since sending began
        failure = NotBegun(f"{server}: {error.what}", fatal=True, remedy=error.remedy)
    except ssl.SSLCertVerificationError as error:
        said = error.verify_message.rstrip(".")
        failure = NotBegun(f"{server}: its certificate is not trusted: {said}", fatal=True)
    except smtplib.SMTPAuthenticationError as error:
        reply = parse_reply(error.smtp_code, error.smtp_error)
        failure = NotBegun(f"{server} does not let us log in: {shown(reply)}", reply, fatal=is_permanent(reply))
    except smtplib.SMTPResponseException as error:
        reply = parse_reply(error.smtp_code, error.smtp_error)
        if reply.code < 0:
            said = f"{server} does not speak SMTP: it says “{reply.text}”"
            failure = NotBegun(said, reply, remedy=_NO_MAIL_SERVER)
        else:
            failure = NotBegun(f"{server} refuses to talk to us: {shown(reply)}", reply)
    except smtplib.SMTPNotSupportedError as error:
        failure = NotBegun(f"{server}: {error}", fatal=True)
    except (OSError, smtplib.SMTPException) as error:
        failure = NotBegun(f"{server} cannot be reached: {error or type(error).__name__}")
    if client is not None:
        client.close()
    return failure


class _UnfitError(Exception):
    """The server cannot do what the settings demand."""


def _connect(server: MailServer) -> _Client:
    if server.security == "tls":
        client: _Client = _TlsClient(local_hostname="localhost", timeout=server.timeout, context=server.context)
    else:
        client = _Client(local_hostname="localhost", timeout=server.timeout)
    # connect() does not set it, and TLS checks the certificate against it.
    client._host = server.host  # type: ignore[attr-defined]  # smtplib sets it only when the constructor connects
    code, text = client.connect(server.host, server.port)
    if code != 220:
        client.close()
        raise smtplib.SMTPConnectError(code, text)
    sock = _socket_of(client)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.local_hostname = _our_name(sock)
    client.ehlo_or_helo_if_needed()
    return client


def _start_tls(server: MailServer, client: smtplib.SMTP) -> None:
    if not client.has_extn("starttls"):
        if server.security == "opportunistic":
            return
        raise _UnfitError("it offers no STARTTLS, and [smtp] security demands it")
    code, text = client.starttls(context=server.context)
    if code != 220:
        raise smtplib.SMTPResponseException(code, text)
    client.ehlo_or_helo_if_needed()


def _log_in(server: MailServer, client: smtplib.SMTP) -> None:
    sock = _socket_of(client)
    if server.security in ("none", "opportunistic") and not isinstance(sock, ssl.SSLSocket):
        peer = sock.getpeername()[0]
        if not peer.startswith("127.") and peer != "::1":
            raise _UnfitError(
                "a password would go over the network unencrypted; set [smtp] security to starttls or tls"
            )
    if server.auth == "xoauth2":

        def answer(challenge: bytes | None = None) -> str:
            # After a refusal the server sends its reason as a challenge and waits for an empty line.
            return "" if challenge else f"user={server.username}\1auth=Bearer {server.password}\1\1"

        client.ehlo_or_helo_if_needed()
        client.auth("XOAUTH2", answer, initial_response_ok=True)
    else:
        client.login(server.username, server.password)


def _socket_of(client: smtplib.SMTP) -> socket.socket:
    """The connection's socket; smtplib has none before it connects and after it closes."""
    if client.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    return client.sock


def _our_name(sock: socket.socket) -> str:
    """What EHLO says: our full name, else our address (RFC 5321 section 4.1.4). Asks no name server."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
