"""Deliveries: their states, the server's replies, what a sender claims and records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.mailing import Mailing
from digest.model.subscriber import Frequency
from digest.text import plural


class DeliveryState(StrEnum):
    """Where one edition to one subscriber is. Invariant: candidates = the sum of the counts over all states."""

    QUEUED = "queued"  # waits to be claimed
    SENDING = "sending"  # claimed and committed; the SMTP conversation may be under way
    SENT = "sent"  # the server took it (2xx after DATA)
    DEFERRED = "deferred"  # the server said "not now" (4xx, 552); tried again until the deadline
    FAILED = "failed"  # the server said "never" (5xx), or the deadline passed
    UNCERTAIN = "uncertain"  # interrupted between DATA and the reply; never sent again by itself
    SUPPRESSED = "suppressed"  # on the suppression list when its turn came; nothing was sent


@dataclass(frozen=True, slots=True)
class Reply:
    """What the SMTP server answered."""

    code: int  # 0 where the server said nothing
    enhanced: str = ""  # "5.1.1"
    text: str = ""
    queue_id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    mailing: Mailing
    subscriber: int
    email: str
    state: DeliveryState
    attempts: int
    message_id: str
    reply: Reply | None = None
    updated_at: datetime | None = None
    revision: int = 0  # of the edition, as last tried; 0: unknown, or not tried yet


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one sender holds, with what addresses its message."""

    id: int
    subscriber: int
    email: str
    name: str
    themes: tuple[str, ...]  # () means all
    language: str
    attempts: int  # before this one
    first_at: datetime  # when the first attempt began: the message's Date
    message_id: str = ""  # as the ledger has it; "" for a claim that is only tried out
    deferred_since: datetime | None = None  # when the server first deferred this subscriber
    frequency: Frequency = Frequency.WEEKLY


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What became of a claimed delivery."""

    id: int
    state: DeliveryState  # sent, deferred, failed, uncertain or suppressed
    reply: Reply
    not_before: datetime | None = None  # when a deferred one is due again


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """What one step of the ledger brought."""

    claims: tuple[Claim, ...]
    suppressed: int  # subscribers who left between queueing and claiming
    empty: frozenset[str]  # the lanes in which fewer wait than were wanted: `digest.mail.smtp.domain_limits`


@dataclass(frozen=True, slots=True)
class RevisionCount:
    """How many subscribers have one text of an edition, as it was approved."""

    revision: int
    subscribers: int  # sent or uncertain
    approved_at: datetime
    fingerprint: str  # tells texts apart that templates or settings made of one revision


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many deliveries of an edition are in each state."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0

    @property
    def candidates(self) -> int:
        return self.queued + self.sending + self.sent + self.deferred + self.failed + self.uncertain + self.suppressed

    @property
    def equation(self) -> str:
        """The invariant in words: "12 subscribers = 11 sent + 1 suppressed"."""
        names = ("sent", "deferred", "failed", "uncertain", "suppressed", "sending", "queued")
        parts = [f"{getattr(self, name)} {name}" for name in names if getattr(self, name)]
        return f"{plural(self.candidates, 'subscriber')} = {' + '.join(parts)}" if parts else "no deliveries yet"
