"""One message over SMTP, from MAIL to the answer after its final dot. Pure: it says what to write, is told what was
answered, and returns what became of the message. Who has the socket drives it, waiting (`mail/smtp/connection`) or not
(`mail/smtp/sender_loop`).

    turn = next(talk)                         what to write, and how long to wait for the next answer
    turn = talk.send(reply)                   … for each answer
    turn = talk.throw(BrokenError(…))         … or when the connection broke instead
    StopIteration.value                       Ended(outcome, usable)

Where the server offers PIPELINING (RFC 2920) it is two writes: MAIL, RCPT and DATA together, and the message with its
final dot. The line between `NotBegun` and `Lost` is the last byte of the final dot: until the server has it, it has no
message.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.mail.smtp.classify_reply import (
    SMALLER,
    Answered,
    Lost,
    NotBegun,
    Outcome,
    Stage,
    is_permanent,
    is_too_big,
    shown,
)
from digest.model import Reply

if TYPE_CHECKING:
    from digest.mail.message.dot_stuffing import SmtpData

_END_OF_DATA_PATIENCE = 10  # RFC 5321 section 4.5.3.2.6: ten minutes for the final dot where commands have one or two
_FAREWELL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom SMTP is told about. Addresses as `subscribers.addresses.envelope_form` gives them."""

    sender: str
    recipient: str
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """What a server said of itself after EHLO."""

    server: str  # its name, for people
    pipelining: bool = False
    smtputf8: bool = False
    eight_bit: bool = False
    sized: bool = False  # whether it wants to know the size
    most: int = 0  # bytes of a message; 0 for no limit that it tells


@dataclass(frozen=True, slots=True)
class Turn:
    """Write this, all of it, then hand in the next answer."""

    data: bytes = b""  # b"": another answer to what was written before
    patience: int = 1  # how many times the server's time-out to wait
    at_most: float = math.inf  # seconds

    def wait(self, timeout: float) -> float:
        """Seconds to wait for the answer, where the server's time-out is `timeout`."""
        return min(self.at_most, timeout * self.patience)


_NEXT = Turn()


class SmtpBrokenError(Exception):
    """The connection broke, or an answer did not come in time."""

    def __init__(self, reason: str, *, written: bool) -> None:
        """`written`: all of the turn's data had been handed over by then."""
        super().__init__(reason)
        self.written = written


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of the message, and whether the connection is fit for another."""

    outcome: Outcome
    usable: bool


Talk = Generator[Turn, Reply, Ended]


def transaction(offers: Offers, envelope: Envelope, smtp_data: SmtpData) -> Talk:
    """Send one message. It ends without a turn where the server cannot take such a one."""
    refused = _refused(offers, envelope, smtp_data)
    if refused is not None:
        return Ended(refused, usable=True)
    try:
        mail, rcpt, data = yield from _opened(offers, envelope, smtp_data)
    except SmtpBrokenError as error:
        return Ended(NotBegun(f"the connection to {offers.server} broke: {error}"), usable=False)
    if not (_took(mail) and _took(rcpt) and data.code == 354):
        # After 354 the server waits for a message that we must not send; after 421 it has hung up; and after an answer
        # that is none, nobody knows which answer belongs to which command.
        orderly = all(_took(one) or _refuses(one) for one in (mail, rcpt)) and _refuses(data)
        usable = orderly and 421 not in (mail.code, rcpt.code, data.code) and (yield from _reset())
        return Ended(_unopened(offers, mail, rcpt, data), usable)
    try:
        reply = yield Turn(smtp_data.data, _END_OF_DATA_PATIENCE)
    except SmtpBrokenError as error:
        if error.written:
            return Ended(Lost(f"no answer after the end of the message: {error}"), usable=False)
        return Ended(NotBegun(f"the connection to {offers.server} broke: {error}"), usable=False)
    if not (_took(reply) or _refuses(reply)):
        return Ended(Lost(f"an answer that is none after the end of the message: {shown(reply)}"), usable=False)
    return Ended(Answered(Stage.ENDED, reply), usable=reply.code != 421)


def farewell() -> Generator[Turn, Reply, None]:
    """Say goodbye; whatever comes of it, the connection is closed then."""
    try:
        yield Turn(b"QUIT\r\n", at_most=_FAREWELL_SECONDS)
    except SmtpBrokenError:
        return


def _refused(offers: Offers, envelope: Envelope, smtp_data: SmtpData) -> Outcome | None:
    """What needs no asking: the server has said what it can take."""
    if offers.most and smtp_data.size > offers.most:
        said = f"the message is {smtp_data.size} bytes and {offers.server} takes {offers.most} at most"
        return NotBegun(said, fatal=True, remedy=SMALLER)
    if envelope.smtputf8 and not offers.smtputf8:
        text = f"{offers.server} takes no addresses beyond ASCII (SMTPUTF8)"
        return Answered(Stage.RECIPIENT, Reply(0, "5.6.7", text))
    if smtp_data.eight_bit and not offers.eight_bit:
        return NotBegun(f"the message has 8-bit bytes and {offers.server} does not offer 8BITMIME", fatal=True)
    return None


def _opened(
    offers: Offers, envelope: Envelope, smtp_data: SmtpData
) -> Generator[Turn, Reply, tuple[Reply, Reply, Reply]]:
    """The answers to MAIL, RCPT and DATA; that of the command before for one that was not sent or not answered."""
    options = f" SIZE={smtp_data.size}" if offers.sized else ""
    if smtp_data.eight_bit:
        options += " BODY=8BITMIME"
    if envelope.smtputf8:
        options += " SMTPUTF8"
    commands = (f"MAIL FROM:<{envelope.sender}>{options}\r\n", f"RCPT TO:<{envelope.recipient}>\r\n", "DATA\r\n")
    if offers.pipelining:
        mail = yield Turn("".join(commands).encode())
        # A server that hangs up says 421 once, whatever was pipelined behind it.
        rcpt = mail if mail.code == 421 else (yield _NEXT)
        data = rcpt if rcpt.code == 421 else (yield _NEXT)
        return mail, rcpt, data
    mail = yield Turn(commands[0].encode())
    rcpt = (yield Turn(commands[1].encode())) if _took(mail) else mail
    data = (yield Turn(commands[2].encode())) if _took(mail) and _took(rcpt) else rcpt
    return mail, rcpt, data


def _reset() -> Generator[Turn, Reply, bool]:
    """Whether the connection is as new. A server that hangs up here has answered about the subscriber all the same."""
    try:
        reply = yield Turn(b"RSET\r\n")
    except SmtpBrokenError:
        return False
    return reply.code == 250


def _unopened(offers: Offers, mail: Reply, rcpt: Reply, data: Reply) -> Outcome:
    """The first answer that is no yes decides: what follows it only follows from it."""
    if not _took(mail):
        command, reply = "MAIL", mail
    elif not _took(rcpt):
        command, reply = "RCPT", rcpt
    else:
        command, reply = "DATA", data
    if not _refuses(reply):
        return NotBegun(f"{offers.server} answers {command} with what is no answer to it: {shown(reply)}", reply)
    if command == "MAIL" and (reply.code == 552 or is_too_big(reply)):  # RFC 1870 section 6.1: before any subscriber
        said = f"the message is too big for {offers.server}: {shown(reply)}"
        return NotBegun(said, reply, fatal=True, remedy=SMALLER)
    if command == "MAIL":
        return NotBegun(f"{offers.server} refuses the sender: {shown(reply)}", reply, fatal=is_permanent(reply))
    if reply.code == 421:
        return NotBegun(f"{offers.server} asks to slow down: {shown(reply)}", reply)
    return Answered(Stage.RECIPIENT, reply)


def _took(reply: Reply) -> bool:
    return 200 <= reply.code < 300


def _refuses(reply: Reply) -> bool:
    return 400 <= reply.code < 600
