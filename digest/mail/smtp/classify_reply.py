"""What an SMTP answer means. Pure: the codes go in, a delivery's next state comes out.

RFC 5321 section 4.2.1: 2xx took it, 4xx not now, 5xx never. Two corrections from practice: 552 "mailbox full" is
temporary (RFC 5321 section 4.5.3.1.10 has servers say 552 where they mean 452) unless it says that the message is too
big, and a refusal before any subscriber was named is about us, not about the subscriber.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from digest.model import DeliveryState, Reply, Settled

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_TOO_BIG = ("5.3.4", "5.2.3")  # for the server, for the mailbox
SMALLER = (
    "Make the edition smaller: `digest hold`, take posts or pictures out, approve it again; or ask whoever runs the"
    " mail server to take larger messages."
)
"""What to do about a message that is too big for the server."""
_ABOUT_SUBSCRIBER = re.compile(r"5\.1\.(?:1|2|3|6|10)|5\.2\.\d{1,3}")
_QUEUE_IDS = (
    re.compile(r"queued as ([\w.-]+)", re.IGNORECASE),  # Postfix, OpenSMTPD
    re.compile(r"\bid=([\w-]+)", re.IGNORECASE),  # Exim
    re.compile(r"\[InternalId=(\d+)", re.IGNORECASE),  # Exchange
    re.compile(r"^([\w.-]{10,}) message accepted", re.IGNORECASE),  # Sendmail
    re.compile(r"^ok ([\w.-]{16,})", re.IGNORECASE),  # Amazon SES
)


class Stage(StrEnum):
    """How far the conversation about one message had come."""

    OPENING = "opening"  # connecting, greeting, TLS, log-in, MAIL FROM: nothing about the subscriber yet
    RECIPIENT = "recipient"  # RCPT TO and the answer to DATA
    ENDED = "ended"  # the whole message was handed over


@dataclass(frozen=True, slots=True)
class Answered:
    """The server answered about this subscriber."""

    stage: Stage
    reply: Reply


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The server cannot have taken the message, and said nothing about the subscriber: the delivery goes back."""

    reason: str
    reply: Reply | None = None
    fatal: bool = False  # trying again will not help: wrong password, certificate, sender refused
    remedy: str = ""  # what to do, where that is known


@dataclass(frozen=True, slots=True)
class Lost:
    """The whole message was handed over and no answer came: nobody can know."""

    reason: str


Outcome = Answered | NotBegun | Lost


@dataclass(frozen=True, slots=True)
class BackOff:
    """When a deferred delivery is tried again, and for how long."""

    first: timedelta = timedelta(minutes=5)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=4)
    deadline: timedelta = timedelta(hours=48)  # from the first try

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after the try number `attempts` (1 for the first)."""
        return min(self.longest, self.first * self.factor ** min(max(0, attempts - 1), 20))


@lru_cache(maxsize=64)  # most of what a server says in a run are the same three lines
def parse_reply(code: int, text: bytes | str) -> Reply:
    """A server's answer, with what can be read from its text. Text is one line, at most 500 characters."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    lines = said.splitlines()
    found = _ENHANCED.match(lines[0]) if lines else None
    enhanced = found[1] if found else ""
    bare = " ".join(_ENHANCED.sub("", line, count=1).strip() for line in lines)
    bare = "".join(char if char.isprintable() else " " for char in bare).strip()[:500]
    queue_id = ""
    if 200 <= code < 300:
        queue_id = next((match[1] for pattern in _QUEUE_IDS if (match := pattern.search(bare))), "")
    return Reply(code, enhanced, bare, queue_id)


def is_temporary(reply: Reply) -> bool:
    return 400 <= reply.code < 500 or (reply.code == 552 and reply.enhanced not in _TOO_BIG)


def is_permanent(reply: Reply) -> bool:
    """Whether it is refused, and to ask again is in vain."""
    return 500 <= reply.code < 600 and not is_temporary(reply)


def shown(reply: Reply) -> str:
    """An answer on one line, for people."""
    return " ".join(part for part in (str(reply.code) if reply.code > 0 else "", reply.enhanced, reply.text) if part)


def is_too_big(reply: Reply) -> bool:
    """Whether no message of this size is taken, whoever it is for (RFC 3463: 5.3.4)."""
    return reply.code >= 500 and reply.enhanced == "5.3.4"


def slows_down(reply: Reply, stage: Stage) -> bool:
    """Whether the server asks for less: 421, or a temporary refusal for load (4.3.2, 4.4.5, 4.5.3) or policy (4.7.x).

    Not 4.7.x where a subscriber was named: that is greylisting most often, and puts this one subscriber off
    (`puts_off`).
    """
    if reply.code == 421:
        return True
    if not is_temporary(reply):
        return False
    if reply.enhanced.startswith("4.7."):
        return stage is not Stage.RECIPIENT
    return reply.enhanced in ("4.3.2", "4.4.5", "4.5.3")


def puts_off(reply: Reply, stage: Stage) -> bool:
    """Whether one subscriber is refused by policy for now: a matter of that subscriber, unless it goes on like this."""
    return stage is Stage.RECIPIENT and reply.code != 421 and is_temporary(reply) and reply.enhanced.startswith("4.7.")


def is_about_subscriber(reply: Reply) -> bool:
    """Whether a refusal is plainly about this subscriber: no such mailbox or domain, or one that takes no more.

    RFC 3463 has codes for it. A server without them may mean anything by its 550, such as that it relays nothing of
    ours.
    """
    return _ABOUT_SUBSCRIBER.fullmatch(reply.enhanced) is not None


def blames_us(reply: Reply) -> bool:
    """Whether a permanent refusal may be for the sender's sake: the next subscriber would be refused as well."""
    return is_permanent(reply) and not is_about_subscriber(reply)


def settle(
    delivery: int, outcome: Answered | Lost, *, attempts: int, now: datetime, first_at: datetime, rule: BackOff
) -> Settled:
    """The next state of a delivery. `attempts` counts this one; `first_at` is when the first began."""
    if isinstance(outcome, Lost):
        return Settled(delivery, DeliveryState.UNCERTAIN, Reply(0, text=outcome.reason))
    reply = outcome.reply
    if 200 <= reply.code < 300 and outcome.stage is Stage.ENDED:
        return Settled(delivery, DeliveryState.SENT, reply)
    if is_temporary(reply):
        again = now + rule.wait(attempts)
        if again <= first_at + rule.deadline:
            return Settled(delivery, DeliveryState.DEFERRED, reply, again)
        return Settled(delivery, DeliveryState.FAILED, reply)
    return Settled(delivery, DeliveryState.FAILED, reply)
