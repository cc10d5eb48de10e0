"""Bounces: what a returned mail or an SMTP reply says against a subscriber's address, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.errors import UsageError
from digest.model.mailing import Mailing
from digest.model.subscriber import SubscriberStatus
from digest.week import Week


class BounceState(StrEnum):
    """What became of a bounce. The values stand in stores: they never change."""

    NEW = "new"  # recorded; not counted yet
    COUNTED = "counted"  # counts against the address
    ON_HOLD = "on hold"  # one of many alike: it suppresses nobody until an operator decides
    ACCEPTED = "accepted"  # counted, because an operator said so
    DISMISSED = "dismissed"  # says nothing about the address, because an operator said so


@dataclass(frozen=True, slots=True)
class Bounce:
    """One subscriber's address did not take one mailing."""

    id: int
    subscriber: int
    email: str
    status: SubscriberStatus
    batch: str  # the mailing; the day it arrived ("2019-03-25") where the mailing is not known
    hard: bool  # the address does not work and never will
    returned: bool  # it came back as mail; False: the mail server rejected it during the conversation
    cause: str  # what it is about: a `Cause` of `digest.mail.smtp.verdict`, such as "mailbox" or "policy"
    code: str  # the enhanced status code, such as "5.1.1"; "" where there was none
    detail: str  # what the server said, without addresses
    at: datetime  # when it arrived
    state: BounceState
    hold: str  # why it is on hold: a cause, a domain, or "all"; "" where it is not
    suppressed: bool  # it put the address on the suppression list

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class BounceHold:
    """Bounces of one mailing that are on hold for one reason."""

    batch: str  # as in `Bounce`
    name: str  # `Bounce.hold`
    number: int
    recipients: int  # of the mailing
    domains: int  # how many different ones the addresses have
    codes: tuple[str, ...]  # the most frequent ones, the most frequent first
    detail: str  # what the server said of the first


def mailing_of_batch(batch: str) -> Mailing | None:
    """Return the mailing that a batch is named after; None for a day."""
    try:
        return Mailing.parse(batch)
    except UsageError:
        return None


def week_of_batch(batch: str) -> Week:
    """Return the week of a batch's mailing, or in which its day lies."""
    mailing = mailing_of_batch(batch)
    return mailing.week if mailing else Week.of(date.fromisoformat(batch))
