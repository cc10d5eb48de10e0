"""What an SMTP reply means for a delivery. Pure: reply in, the delivery's next state out.

RFC 5321 section 4.2.1: 2xx is accepted, 4xx deferred, 5xx rejected. Two corrections from practice: 552 "mailbox full"
is temporary (RFC 5321 section 4.5.3.1.10 has servers say 552 where they mean 452) unless the message is too big. And a
rejection before RCPT TO is about the sender, not about the subscriber.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from digest.mail.smtp.verdict import HARD_CAUSES, Cause, classify
from digest.model import DeliveryResult, DeliveryState, Reply

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_TOO_BIG = ("5.3.4", "5.2.3")  # for the server, for the mailbox
SMALLER = (
    "Make the edition smaller: `digest hold`, drop posts, approve it again; or ask whoever runs the"
    " mail server to accept larger messages."
)
"""What to do about a message that is too big for the server."""
_ABOUT_MAILBOX = re.compile(r"[45]\.2\.\d{1,3}")
_QUEUE_IDS = (
    re.compile(r"queued as ([\w.-]+)", re.IGNORECASE),  # Postfix, OpenSMTPD
    re.compile(r"\bid=([\w-]+)", re.IGNORECASE),  # Exim
    re.compile(r"\[InternalId=(\d+)", re.IGNORECASE),  # Exchange
    re.compile(r"^([\w.-]{10,}) message accepted", re.IGNORECASE),  # Sendmail
    re.compile(r"^ok ([\w.-]{16,})", re.IGNORECASE),  # Amazon SES
)


class Stage(StrEnum):
    """How far the transaction had come."""

    OPENING = "opening"  # connecting, greeting, TLS, log-in, MAIL FROM: not about the subscriber
    RECIPIENT = "recipient"  # RCPT TO and the reply to DATA
    ENDED = "ended"  # the whole message was written


@dataclass(frozen=True, slots=True)
class Replied:
    """The server replied about this subscriber."""

    stage: Stage
    reply: Reply


@dataclass(frozen=True, slots=True)
class NotSent:
    """The server cannot have the message, and said nothing about the subscriber: the delivery is queued again."""

    reason: str
    reply: Reply | None = None
    fatal: bool = False  # trying again will not help: wrong password, bad certificate, sender rejected
    remedy: str = ""  # what to do, where that is known
    connecting: bool = False  # no connection could be opened


@dataclass(frozen=True, slots=True)
class NoReply:
    """The whole message was written and no reply came: whether it was accepted is unknown."""

    reason: str


Outcome = Replied | NotSent | NoReply


def is_open_after(outcome: Outcome) -> bool:
    """Whether the connection over which a message had this outcome is open still, as far as we know."""
    if isinstance(outcome, NoReply) or (isinstance(outcome, NotSent) and outcome.connecting):
        return False
    return outcome.reply is not None and outcome.reply.code != 421


@dataclass(frozen=True, slots=True)
class BackOff:
    """When a deferred delivery is tried again, and for how long."""

    first: timedelta = timedelta(minutes=5)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=4)
    deadline: timedelta = timedelta(hours=48)  # from when the subscriber was first deferred

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after the try number `attempts` (1 for the first)."""
        return min(self.longest, self.first * self.factor ** min(max(0, attempts - 1), 20))


@lru_cache(maxsize=64)  # most replies of a run are the same few
def parse_reply(code: int, text: bytes | str) -> Reply:
    """A reply, with enhanced code and queue id where its text has them. The text becomes one line, 500 characters at
    most."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    lines = decoded.splitlines()
    match = _ENHANCED.match(lines[0]) if lines else None
    enhanced = match[1] if match else ""
    bare = " ".join(_ENHANCED.sub("", line, count=1).strip() for line in lines)
    bare = "".join(char if char.isprintable() else " " for char in bare).strip()[:500]
    queue_id = ""
    if 200 <= code < 300:
        queue_id = next((hit[1] for pattern in _QUEUE_IDS if (hit := pattern.search(bare))), "")
    return Reply(code, enhanced, bare, queue_id)


def is_temporary(reply: Reply) -> bool:
    return 400 <= reply.code < 500 or (reply.code == 552 and reply.enhanced not in _TOO_BIG)


def is_permanent(reply: Reply) -> bool:
    """Whether it is rejected for good."""
    return 500 <= reply.code < 600 and not is_temporary(reply)


def describe(reply: Reply) -> str:
    """A reply on one line, for people."""
    return " ".join(part for part in (str(reply.code) if reply.code > 0 else "", reply.enhanced, reply.text) if part)


def is_too_big(reply: Reply) -> bool:
    """Whether the message is too big for the server, whoever the recipient (RFC 3463: 5.3.4)."""
    return reply.code >= 500 and reply.enhanced == "5.3.4"


def is_about_subscriber(reply: Reply) -> bool:
    """Whether a refusal is plainly about this subscriber: no such mailbox or domain, or one that takes no more.

    RFC 3463 has codes for it; some servers only have words. Without either a 550 may mean anything, such as that the
    server relays nothing of ours.
    """
    verdict = classify(reply.code, reply.enhanced, reply.text)
    full = verdict.cause is Cause.FULL and not verdict.enhanced.endswith(".3.1")  # 5.3.1: the server's own disk
    return verdict.cause in HARD_CAUSES or full or _ABOUT_MAILBOX.fullmatch(verdict.enhanced) is not None


def may_be_about_sender(reply: Reply) -> bool:
    """Whether a rejection may be about the sender: the next subscriber's would be rejected as well."""
    return is_permanent(reply) and not is_about_subscriber(reply)


def settle(
    delivery: int, outcome: Replied | NoReply, *, attempts: int, now: datetime, since: datetime | None, rule: BackOff
) -> DeliveryResult:
    """The next state of a delivery. `attempts` counts this one; `since` is when this subscriber was first deferred."""
    if isinstance(outcome, NoReply):
        return DeliveryResult(delivery, DeliveryState.UNCERTAIN, Reply(0, text=outcome.reason))
    reply = outcome.reply
    if 200 <= reply.code < 300 and outcome.stage is Stage.ENDED:
        return DeliveryResult(delivery, DeliveryState.SENT, reply)
    if is_temporary(reply):
        again = now + rule.wait(attempts)
        if again <= (since or now) + rule.deadline:
            return DeliveryResult(delivery, DeliveryState.DEFERRED, reply, again)
        return DeliveryResult(delivery, DeliveryState.FAILED, reply)
    return DeliveryResult(delivery, DeliveryState.FAILED, reply)
