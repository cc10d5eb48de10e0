"""SMTP, spoken to one server over one connection: the only place that knows the protocol.

smtplib opens the connection (greeting, STARTTLS, log-in). A message then goes out in two writes where the server offers
PIPELINING (RFC 2920): MAIL, RCPT and DATA together, and the message with its final dot. What came of it is a value; the
line between `NotBegun` and `Lost` is the last byte of the final dot, for until the server has it, it has no message.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from digest.mail.answers import Answers
from digest.mail.dots import dots_stuffed
from digest.mail.reply import Answered, Lost, NotBegun, Outcome, Stage, parse_reply
from digest.mail.tls import tls_context
from digest.model import Reply

Security = Literal["none", "opportunistic", "starttls", "tls"]
_END_OF_DATA_FACTOR = 10  # RFC 5321 section 4.5.3.2.6: ten minutes for the final dot where commands have one or two


@dataclass(frozen=True, slots=True)
class Server:
    """One SMTP server and how to talk to it."""

    host: str
    port: int = 25
    security: Security = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    auth: Literal["auto", "xoauth2"] = "auto"
    timeout: float = 60.0  # seconds for each answer; ten times that after the end of the message
    context: ssl.SSLContext = field(default_factory=tls_context, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom SMTP is told about. Addresses as `readers.addresses.envelope_form` gives them."""

    sender: str
    recipient: str
    smtputf8: bool = False


class Connection:
    """An open, authenticated connection. `usable` turns False when it must not be used again."""

    def __init__(self, server: Server, client: smtplib.SMTP) -> None:
        self.server = server
        self.usable = True
        self.messages = 0  # transactions begun over it
        self._client = client
        self._sock = _socket_of(client)
        self._pipelining = client.has_extn("pipelining")
        self._smtputf8 = client.has_extn("smtputf8")
        self._eight_bit = client.has_extn("8bitmime")
        size = client.esmtp_features.get("size", "")
        self._offers_size = client.has_extn("size")
        self._size = int(size) if size.isdigit() else 0

    def send(self, envelope: Envelope, message: bytes, stuffed: bytes = b"") -> Outcome:
        """One transaction. `message` ends its lines with CRLF and is sent byte for byte.

        `stuffed` is the message with its dots stuffed (`digest.mail.dots`), from who has made that already.
        """
        refused = self._refuse(envelope, message)
        if refused is not None:
            return refused
        self.messages += 1
        body = stuffed or dots_stuffed(message)
        ending = b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            opened = self._open_transaction(envelope, len(message), not message.isascii())
            if opened is not None:
                return opened
            self._write(body + ending)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            return self._broken(NotBegun(f"the connection to {self.server} broke: {error}"))
        return self._end_of_data()

    def close(self) -> None:
        """Say goodbye; never raises."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self.usable:
                self._sock.settimeout(min(5.0, self.server.timeout))
                self._client.quit()
        self.abort()

    def abort(self) -> None:
        """Drop the connection without a word; a message under way is not delivered, unless its dot is out."""
        self.usable = False
        with contextlib.suppress(OSError):
            self._client.close()

    # --- The transaction ---

    def _refuse(self, envelope: Envelope, message: bytes) -> Outcome | None:
        """What needs no asking: the server has said what it can take."""
        if self._size and len(message) > self._size:
            return NotBegun(
                f"the message is {len(message)} bytes and {self.server} takes {self._size} at most", fatal=True
            )
        if envelope.smtputf8 and not self._smtputf8:
            text = f"{self.server} takes no addresses beyond ASCII (SMTPUTF8)"
            return Answered(Stage.RECIPIENT, Reply(0, "5.6.7", text))
        if not message.isascii() and not self._eight_bit:
            return NotBegun(f"the message has 8-bit bytes and {self.server} does not offer 8BITMIME", fatal=True)
        return None

    def _open_transaction(self, envelope: Envelope, size: int, eight_bit: bool) -> Outcome | None:
        """MAIL, RCPT, DATA. None when the server waits for the message."""
        options = f" SIZE={size}" if self._offers_size else ""
        if eight_bit:
            options += " BODY=8BITMIME"
        if envelope.smtputf8:
            options += " SMTPUTF8"
        commands = (f"MAIL FROM:<{envelope.sender}>{options}", f"RCPT TO:<{envelope.recipient}>", "DATA")
        if self._pipelining:
            self._write("".join(f"{command}\r\n" for command in commands).encode())
            mail = self._read()
            # A server that hangs up says 421 once, whatever was pipelined behind it.
            rcpt = mail if mail.code == 421 else self._read()
            data = rcpt if rcpt.code == 421 else self._read()
        else:
            mail = self._ask(commands[0])
            rcpt = self._ask(commands[1]) if _took(mail) else mail
            data = self._ask(commands[2]) if _took(mail) and _took(rcpt) else rcpt
        if _took(mail) and _took(rcpt) and data.code == 354:
            return None
        if data.code == 354 or 421 in (mail.code, rcpt.code, data.code):
            self.abort()  # the server waits for a message that we must not send, or has hung up
        else:
            self._reset()
        if not _took(mail):
            return NotBegun(f"{self.server} refuses the sender: {_shown(mail)}", mail, fatal=_permanent(mail))
        if rcpt.code == 421:
            return NotBegun(f"{self.server} asks to slow down: {_shown(rcpt)}", rcpt)
        if not _took(rcpt):
            return Answered(Stage.RECIPIENT, rcpt)
        if data.code == 421:
            return NotBegun(f"{self.server} asks to slow down: {_shown(data)}", data)
        return Answered(Stage.RECIPIENT, data)

    def _end_of_data(self) -> Outcome:
        try:
            self._sock.settimeout(self.server.timeout * _END_OF_DATA_FACTOR)
            reply = self._read()
            self._sock.settimeout(self.server.timeout)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.abort()
            return Lost(f"no answer after the end of the message: {error}")
        if reply.code == 421:
            self.abort()
        elif reply.code < 200:
            self.abort()
            return Lost(f"an answer that is none after the end of the message: {_shown(reply)}")
        return Answered(Stage.ENDED, reply)

    def _reset(self) -> None:
        # A server that hangs up here has answered about the reader all the same.
        with contextlib.suppress(OSError, smtplib.SMTPServerDisconnected):
            if self._ask("RSET").code == 250:
                return
        self.abort()

    def _broken(self, outcome: NotBegun) -> NotBegun:
        self.abort()
        return outcome

    # --- Lines ---

    def _ask(self, command: str) -> Reply:
        self._write(f"{command}\r\n".encode())
        return self._read()

    def _write(self, data: bytes) -> None:
        self._sock.sendall(data)

    def _read(self) -> Reply:
        return parse_reply(*self._client.getreply())


class _Client(smtplib.SMTP):
    """smtplib's client with an end to each answer."""

    _answers: Answers | None = None

    def getreply(self) -> tuple[int, bytes]:
        sock = _socket_of(self)
        if self._answers is None or self._answers.sock is not sock:
            self._answers = Answers(sock)  # nothing said before TLS is believed after it
        try:
            return self._answers.read()
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"{error or type(error).__name__}") from error


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def open_connection(server: Server) -> Connection | NotBegun:
    """Connect, greet, encrypt and log in. What fails comes back as a value."""
    client: smtplib.SMTP | None = None
    try:
        client = _connect(server)
        if server.security in ("starttls", "opportunistic"):
            _start_tls(server, client)
        if server.username:
            _log_in(server, client)
        return Connection(server, client)
    except _UnfitError as error:
        failure = NotBegun(f"{server}: {error}", fatal=True)
    except ssl.SSLCertVerificationError as error:
        failure = NotBegun(f"{server}: its certificate is not trusted: {error.verify_message}", fatal=True)
    except smtplib.SMTPAuthenticationError as error:
        reply = parse_reply(error.smtp_code, error.smtp_error)
        failure = NotBegun(f"{server} does not let us log in: {_shown(reply)}", reply, fatal=_permanent(reply))
    except smtplib.SMTPResponseException as error:
        reply = parse_reply(error.smtp_code, error.smtp_error)
        failure = NotBegun(f"{server} refuses to talk to us: {_shown(reply)}", reply)
    except smtplib.SMTPNotSupportedError as error:
        failure = NotBegun(f"{server}: {error}", fatal=True)
    except (OSError, smtplib.SMTPException) as error:
        failure = NotBegun(f"{server} cannot be reached: {error or type(error).__name__}")
    if client is not None:
        client.close()
    return failure


class _UnfitError(Exception):
    """The server cannot do what the settings demand."""


def _connect(server: Server) -> smtplib.SMTP:
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


def _start_tls(server: Server, client: smtplib.SMTP) -> None:
    if not client.has_extn("starttls"):
        if server.security == "opportunistic":
            return
        raise _UnfitError("it offers no STARTTLS, and [smtp] security demands it")
    code, text = client.starttls(context=server.context)
    if code != 220:
        raise smtplib.SMTPResponseException(code, text)
    client.ehlo_or_helo_if_needed()


def _log_in(server: Server, client: smtplib.SMTP) -> None:
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


def _took(reply: Reply) -> bool:
    return 200 <= reply.code < 300


def _permanent(reply: Reply) -> bool:
    return 500 <= reply.code < 600 and reply.code != 552


def _shown(reply: Reply) -> str:
    return " ".join(part for part in (str(reply.code), reply.enhanced, reply.text) if part)
