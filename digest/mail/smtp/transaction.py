"""One message over SMTP, from MAIL to the reply after its final dot. Pure: it yields what to write, is sent each reply,
and returns what became of the message. Whoever owns the socket drives it, blocking (`mail/smtp/connection`) or not
(`mail/smtp/sender_loop`).

    turn = next(talk)                         what to write, and how long to wait for the next reply
    turn = talk.send(reply)                   … for each reply
    turn = talk.throw(BrokenError(…))         … or when the connection broke instead
    StopIteration.value                       Ended(outcome, usable)

Where the server offers PIPELINING (RFC 2920) it is two writes: MAIL, RCPT and DATA together, and the message with its
final dot. The last byte of the final dot separates `NotSent` from `NoReply`: until then the server has no message.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.mail.smtp.classify_reply import (
    SMALLER,
    NoReply,
    NotSent,
    Outcome,
    Replied,
    Stage,
    describe,
    is_permanent,
    is_too_big,
)
from digest.model import Reply

if TYPE_CHECKING:
    from digest.mail.message.dot_stuffing import SmtpData

_END_OF_DATA_PATIENCE = 10  # RFC 5321 section 4.5.3.2.6: ten minutes for the final dot where commands have one or two
_FAREWELL_SECONDS = 5.0

FINAL_DOT = b".\r\n"
"""The last bytes of a message's turn. Before the last of them has come, no server has the message."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipient of one message. Addresses as `subscribers.email_addresses.envelope_form` gives them."""

    sender: str
    recipient: str
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server announced in its reply to EHLO."""

    server: str  # its name, for people
    pipelining: bool = False
    smtputf8: bool = False
    eight_bit: bool = False
    wants_size: bool = False  # it supports SIZE (RFC 1870)
    max_size: int = 0  # bytes of a message; 0 for no announced limit


@dataclass(frozen=True, slots=True)
class Turn:
    """Write all of this, then send in the next reply."""

    data: bytes = b""  # b"": wait for one more reply to what was written before
    patience: int = 1  # wait this many times the server's time-out
    at_most: float = math.inf  # seconds
    ends_message: bool = False  # its last bytes are the final dot

    def wait(self, timeout: float) -> float:
        """Seconds to wait for the reply, where the server's time-out is `timeout`."""
        return min(self.at_most, timeout * self.patience)


_NEXT = Turn()


class SmtpBrokenError(Exception):
    """The connection broke, or a reply did not come in time."""

    def __init__(self, reason: str, *, written: bool) -> None:
        """`written`: all of the turn's data had been written by then."""
        super().__init__(reason)
        self.written = written


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """What became of the message, and whether the connection can carry another."""

    outcome: Outcome
    usable: bool


Talk = Generator[Turn, Reply, TransactionResult]


def transaction(capabilities: Capabilities, envelope: Envelope, smtp_data: SmtpData) -> Talk:
    """Send one message. Returns at once where the server cannot accept such a message."""
    refused = _rejected_beforehand(capabilities, envelope, smtp_data)
    if refused is not None:
        return TransactionResult(refused, usable=True)
    try:
        mail, rcpt, data = yield from _envelope_replies(capabilities, envelope, smtp_data)
    except SmtpBrokenError as error:
        return TransactionResult(NotSent(f"the connection to {capabilities.server} broke: {error}"), usable=False)
    if not (_is_positive(mail) and _is_positive(rcpt) and data.code == 354):
        # After 354 the server waits for a message that we must not send. After 421 it has hung up. After a reply that
        # fits no command, it is unclear which reply belongs to which command.
        orderly = all(_is_positive(one) or _is_rejection(one) for one in (mail, rcpt)) and _is_rejection(data)
        usable = orderly and 421 not in (mail.code, rcpt.code, data.code) and (yield from _reset())
        return TransactionResult(_first_rejection(capabilities, mail, rcpt, data), usable)
    try:
        reply = yield Turn(smtp_data.data, _END_OF_DATA_PATIENCE, ends_message=True)
    except SmtpBrokenError as error:
        if error.written:
            return TransactionResult(NoReply(f"no reply after the end of the message: {error}"), usable=False)
        return TransactionResult(NotSent(f"the connection to {capabilities.server} broke: {error}"), usable=False)
    if not (_is_positive(reply) or _is_rejection(reply)):
        return TransactionResult(
            NoReply(f"an unexpected reply after the end of the message: {describe(reply)}"), usable=False
        )
    return TransactionResult(Replied(Stage.ENDED, reply), usable=reply.code != 421)


def quit_session() -> Generator[Turn, Reply, None]:
    """Say QUIT. Whatever the reply, the connection is closed then."""
    try:
        yield Turn(b"QUIT\r\n", at_most=_FAREWELL_SECONDS)
    except SmtpBrokenError:
        return


def _rejected_beforehand(capabilities: Capabilities, envelope: Envelope, smtp_data: SmtpData) -> Outcome | None:
    """What the server's capabilities rule out before anything is written."""
    if capabilities.max_size and smtp_data.size > capabilities.max_size:
        message = (
            f"the message is {smtp_data.size} bytes and {capabilities.server} accepts at most {capabilities.max_size}"
        )
        return NotSent(message, fatal=True, remedy=SMALLER)
    if envelope.smtputf8 and not capabilities.smtputf8:
        text = f"{capabilities.server} does not support addresses beyond ASCII (SMTPUTF8)"
        return Replied(Stage.RECIPIENT, Reply(0, "5.6.7", text))
    if smtp_data.eight_bit and not capabilities.eight_bit:
        return NotSent(f"the message has 8-bit bytes and {capabilities.server} does not offer 8BITMIME", fatal=True)
    return None


def _envelope_replies(
    capabilities: Capabilities, envelope: Envelope, smtp_data: SmtpData
) -> Generator[Turn, Reply, tuple[Reply, Reply, Reply]]:
    """The replies to MAIL, RCPT and DATA. A command that was not sent or got no reply has that of the one before."""
    options = f" SIZE={smtp_data.size}" if capabilities.wants_size else ""
    if smtp_data.eight_bit:
        options += " BODY=8BITMIME"
    if envelope.smtputf8:
        options += " SMTPUTF8"
    commands = (f"MAIL FROM:<{envelope.sender}>{options}\r\n", f"RCPT TO:<{envelope.recipient}>\r\n", "DATA\r\n")
    if capabilities.pipelining:
        mail = yield Turn("".join(commands).encode())
        # A server that hangs up says 421 once, whatever was pipelined behind it.
        rcpt = mail if mail.code == 421 else (yield _NEXT)
        data = rcpt if rcpt.code == 421 else (yield _NEXT)
        return mail, rcpt, data
    mail = yield Turn(commands[0].encode())
    rcpt = (yield Turn(commands[1].encode())) if _is_positive(mail) else mail
    data = (yield Turn(commands[2].encode())) if _is_positive(mail) and _is_positive(rcpt) else rcpt
    return mail, rcpt, data


def _reset() -> Generator[Turn, Reply, bool]:
    """Whether the connection can be used again. A server that hangs up here has already replied about the message."""
    try:
        reply = yield Turn(b"RSET\r\n")
    except SmtpBrokenError:
        return False
    return reply.code == 250


def _first_rejection(capabilities: Capabilities, mail: Reply, rcpt: Reply, data: Reply) -> Outcome:
    """The first rejection decides; later replies are its consequences."""
    if not _is_positive(mail):
        command, reply = "MAIL", mail
    elif not _is_positive(rcpt):
        command, reply = "RCPT", rcpt
    else:
        command, reply = "DATA", data
    if not _is_rejection(reply):
        return NotSent(f"{capabilities.server} sent a reply that does not fit {command}: {describe(reply)}", reply)
    if command == "MAIL" and (reply.code == 552 or is_too_big(reply)):  # RFC 1870 section 6.1: before any subscriber
        message = f"the message is too big for {capabilities.server}: {describe(reply)}"
        return NotSent(message, reply, fatal=True, remedy=SMALLER)
    if command == "MAIL":
        return NotSent(
            f"{capabilities.server} rejects the sender address: {describe(reply)}", reply, fatal=is_permanent(reply)
        )
    if reply.code == 421:
        return NotSent(f"{capabilities.server} asks us to slow down: {describe(reply)}", reply)
    return Replied(Stage.RECIPIENT, reply)


def _is_positive(reply: Reply) -> bool:
    return 200 <= reply.code < 300


def _is_rejection(reply: Reply) -> bool:
    return 400 <= reply.code < 600
