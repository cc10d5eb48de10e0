"""What happens that somebody may want to know at once: steps emit it through their Context, notifiers receive it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model import BounceHold, DeliveryCounts, Edition, Mailing
from digest.week import Week


@dataclass(frozen=True, slots=True)
class DraftReady:
    """A draft waits for approval. Emitted by each run that finds it waiting: who notifies, remembers whom."""

    edition: Edition


@dataclass(frozen=True, slots=True)
class DeadlineNear:
    """A draft waits, and its deadline is near. Emitted by each run that finds it so."""

    edition: Edition
    deadline: datetime
    sends: bool  # without an answer it goes out at the deadline; otherwise nothing is sent
    obstacle: str  # why it would not go out by itself; "" for nothing
    warnings: tuple[str, ...]  # of the preflight


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """Nobody answered, so the digest has approved a draft, or could not."""

    edition: Edition
    obstacle: str  # why it was not approved; "" if it was
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirstApproval:
    """One person has approved an edition that needs two."""

    week: Week
    by: str


@dataclass(frozen=True, slots=True)
class SendingStarted:
    """The deliveries of an edition were queued."""

    week: Week
    deliveries: int


@dataclass(frozen=True, slots=True)
class SendingStopped:
    """Sending ended before its work was done."""

    mailing: Mailing
    reason: str
    remedy: str
    counts: DeliveryCounts
    requested: bool = False  # somebody held or paused it, or ended the program: no failure


@dataclass(frozen=True, slots=True)
class SendingFinished:
    """Nothing of an edition waits any more."""

    week: Week
    counts: DeliveryCounts


@dataclass(frozen=True, slots=True)
class WithdrawnPost:
    """A post that is gone from its site."""

    title: str
    url: str
    reason: str
    monthly: bool = False  # of an earlier edition: it is in the monthly mail alone, and nobody can drop it


@dataclass(frozen=True, slots=True)
class PostWithdrawn:
    """Posts of an approved edition are gone from their sites. Emitted by each check that finds them gone."""

    week: Week
    posts: tuple[WithdrawnPost, ...]
    on_hold: bool  # the edition waits for an editor; otherwise it is sent as it was approved


@dataclass(frozen=True, slots=True)
class SourceFailing:
    """A source is gone, or failed so often in a row that a person should look at it."""

    source: str
    reason: str
    failures: int
    last_good: datetime | None


@dataclass(frozen=True, slots=True)
class EditionMissing:
    """A week has closed without an edition. Emitted by each run that finds it missing."""

    week: Week


@dataclass(frozen=True, slots=True)
class BouncesOnHold:
    """Many bounces alike suppress nobody until an operator decides. Emitted by each run that finds some on hold."""

    holds: tuple[BounceHold, ...]


Event = (
    DraftReady
    | DeadlineNear
    | DeadlinePassed
    | FirstApproval
    | SendingStarted
    | SendingStopped
    | SendingFinished
    | PostWithdrawn
    | SourceFailing
    | EditionMissing
    | BouncesOnHold
)
