"""SMTP connections: open, send, close.

smtplib opens one (greeting, STARTTLS, log-in). `transaction` decides what to say then; here are the socket, its
time-outs and its failures. `Connection.send` blocks on each reply; `sender_loop` drives many connections at once.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from digest.errors import SettingsError
from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.classify_reply import NotSent, Outcome, describe, is_permanent, parse_reply
from digest.mail.smtp.log_in import NoLogInError, log_in
from digest.mail.smtp.reply_parser import BLOCK, ReplyParser, read_reply
from digest.mail.smtp.tls import tls_context
from digest.mail.smtp.transaction import Capabilities, Envelope, SmtpBrokenError, Turn, quit_session, transaction
from digest.model import Reply

Security = Literal["none", "opportunistic", "starttls", "tls"]
_NO_MAIL_SERVER = "Are these the host and the port of a mail server? See [smtp] in digest.toml."
_MORE = getattr(socket, "MSG_MORE", 0)
_SIZE = re.compile(r"([0-9]{1,18})(?:\s|$)")  # RFC 1870; what has more digits is no limit
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
    timeout: float = 60.0  # seconds for each reply; ten times that after the end of the message
    verify: bool = True  # the certificate
    ca_file: str = ""  # an authority that is trusted as well as the machine's own

    @cached_property
    def context(self) -> ssl.SSLContext:
        """For TLS. Raises SettingsError when `ca_file` cannot be read."""
        return tls_context(verify=self.verify, ca_file=self.ca_file)

    def __getstate__(self) -> dict[str, Any]:
        """For a sender process, which makes its own context where it needs one."""
        return {name: value for name, value in self.__dict__.items() if name != "context"}

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """An open, authenticated connection. `usable` turns False when it must not be used again."""

    def __init__(self, server: MailServer, client: smtplib.SMTP, replies: ReplyParser) -> None:
        self.server = server
        self.capabilities = _capabilities(server, client)
        self.greeting = client.greeting if isinstance(client, _Client) else ""
        self.sock = _socket_of(client)
        self._is_encrypted = isinstance(self.sock, ssl.SSLSocket)
        self.replies = replies
        self.usable = True
        self.messages = 0  # transactions begun over it

    # --- Blocking ---

    def send(self, envelope: Envelope, message: bytes) -> Outcome:
        """One transaction. `message` ends its lines with CRLF and is sent byte for byte."""
        self.messages += 1
        ended = self._talk(transaction(self.capabilities, envelope, to_smtp_data(message)))
        if not ended.usable:
            self.abort()
        return ended.outcome

    def close(self) -> None:
        """Say QUIT and close; never raises."""
        if self.usable:
            self._talk(quit_session())
        self.abort()

    def abort(self) -> None:
        """Close without QUIT. A message under way is not delivered, unless its final dot was written."""
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
            return parse_reply(*read_reply(self.sock, self.replies))
        except OSError as error:
            raise SmtpBrokenError(f"{error or type(error).__name__}", written=written) from error

    # --- Non-blocking ---

    def write_some(self, data: memoryview, *, more: bool = False) -> int:
        """How many bytes the system took. With `more`, the rest follows at once. Raises OSError."""
        try:
            # So that the rest shares a packet with these (send(2)). TLS takes no flags.
            return self.sock.send(data, _MORE) if more and not self._is_encrypted else self.sock.send(data)
        except _NOTHING_NOW:
            return 0

    def write_marked(self, data: memoryview, words: memoryview, place: int, word: int, empty: int) -> int:
        """Set words[place] to `word`, then write. Take the mark back if the system took nothing. Raises OSError.

        A kill between mark and write leaves a mark for nothing. So nothing stands between them at which Python would
        let another thread run first.
        """
        send = self.sock.send
        try:
            words[place] = word
            return send(data)
        except _NOTHING_NOW:
            if not self._is_encrypted:  # TLS may have written a part, and finishes it whenever it writes again
                words[place] = empty
            return 0

    def read_some(self) -> None:
        """Read what the server has sent so far. Raises OSError, also when it has hung up."""
        try:
            while True:
                block = self.sock.recv(BLOCK)
                if not block:
                    raise ConnectionResetError("the server closed the connection")
                self.replies.feed(block)
                # TLS takes in more than it gives out: what is left would not make the socket ready again.
                if not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
                    return
        except _NOTHING_NOW:
            return


def _capabilities(server: MailServer, client: smtplib.SMTP) -> Capabilities:
    size = _SIZE.match(client.esmtp_features.get("size", ""))
    return Capabilities(
        str(server),
        pipelining=client.has_extn("pipelining"),
        smtputf8=client.has_extn("smtputf8"),
        eight_bit=client.has_extn("8bitmime"),
        wants_size=client.has_extn("size"),
        max_size=int(size[1]) if size else 0,
    )


class _Client(smtplib.SMTP):
    """smtplib's client, with limits on the length and time of each reply."""

    _heard: tuple[socket.socket, ReplyParser] | None = None
    greeting = ""  # the server's first line, which often names its software and the time

    @property
    def replies(self) -> ReplyParser:
        """Of the present socket: nothing read before TLS is used after it."""
        sock = _socket_of(self)
        if self._heard is None or self._heard[0] is not sock:
            self._heard = sock, ReplyParser()
        return self._heard[1]

    def getreply(self) -> tuple[int, bytes]:
        try:
            return read_reply(_socket_of(self), self.replies)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"{error or type(error).__name__}") from error


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def open_connection(server: MailServer) -> Connection | NotSent:
    """Connect, greet, encrypt and log in. Returns a failure as a value."""
    client: _Client | None = None
    try:
        client = _connect(server)
        if server.security in ("starttls", "opportunistic"):
            _start_tls(server, client)
        if server.username:
            _log_in(server, client)
        return Connection(server, client, client.replies)
    except (_UnfitError, NoLogInError) as error:
        failure = NotSent(f"{server}: {error}", fatal=True)
    except SettingsError as error:  # the authority's file was removed since sending began
        failure = NotSent(f"{server}: {error.what}", fatal=True, remedy=error.remedy)
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message.rstrip(".")
        failure = NotSent(f"{server}: the certificate is not trusted: {reason}", fatal=True)
    except smtplib.SMTPAuthenticationError as error:
        reply = parse_reply(error.smtp_code, error.smtp_error)
        failure = NotSent(f"{server} rejects our log-in: {describe(reply)}", reply, fatal=is_permanent(reply))
    except smtplib.SMTPResponseException as error:
        reply = parse_reply(error.smtp_code, error.smtp_error)
        if reply.code < 0:
            message = f"{server} is not an SMTP server: it says “{reply.text}”"
            failure = NotSent(message, reply, remedy=_NO_MAIL_SERVER)
        else:
            failure = NotSent(f"{server} does not accept connections from us: {describe(reply)}", reply)
    except smtplib.SMTPNotSupportedError as error:
        failure = NotSent(f"{server}: {error}", fatal=True)
    except (OSError, smtplib.SMTPException) as error:
        failure = NotSent(f"{server} cannot be reached: {error or type(error).__name__}")
    except ValueError as error:  # a host that is no name for DNS or TLS
        failure = NotSent(f"{server} cannot be reached: {error}", fatal=True, remedy=_NO_MAIL_SERVER)
    if client is not None:
        client.close()
    return replace(failure, connecting=True)


class _UnfitError(Exception):
    """The server cannot do what the settings require."""


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
    client.greeting = text.decode("utf-8", "replace")
    sock = _socket_of(client)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.local_hostname = _our_name(sock)
    client.ehlo_or_helo_if_needed()
    return client


def _start_tls(server: MailServer, client: smtplib.SMTP) -> None:
    if not client.has_extn("starttls"):
        if server.security == "opportunistic":
            return
        raise _UnfitError("it does not offer STARTTLS, which [smtp] security requires")
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
                "the password would go over the network unencrypted; set [smtp] security to starttls or tls"
            )
    log_in(client, server.username, server.password, access_token=server.auth == "xoauth2")


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
