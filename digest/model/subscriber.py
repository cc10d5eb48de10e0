"""Subscribers, and what an import makes of a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubscriberStatus(StrEnum):
    PENDING = "pending"  # asked to subscribe, has not confirmed
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"  # unsubscribed; stays on the suppression list


class Frequency(StrEnum):
    """How often a subscriber gets mail."""

    WEEKLY = "weekly"  # each edition
    MONTHLY = "monthly"  # the month's best posts, once the month's last edition is sent


@dataclass(frozen=True, slots=True)
class Subscriber:
    id: int
    email: str
    name: str = ""
    themes: tuple[str, ...] = ()  # () means all of them
    language: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE
    frequency: Frequency = Frequency.WEEKLY
    paused_until: datetime | None = None  # when the pause ends by itself; None: when they resume, or no pause

    def status_at(self, moment: datetime) -> SubscriberStatus:
        """Return the status at a moment: a pause that has ended by then counts no more."""
        if self.status is SubscriberStatus.PAUSED and self.paused_until and self.paused_until <= moment:
            return SubscriberStatus.ACTIVE
        return self.status


class EffectiveStatus(StrEnum):
    """What a subscriber's status and the suppression list come to."""

    PENDING = "pending"
    ACTIVE = "active"  # gets the next edition
    PAUSED = "paused"
    LEFT = "left"
    SUPPRESSED = "suppressed"  # active or paused, but on the suppression list: gets nothing


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """A subscriber as lists show them."""

    id: int
    email: str
    name: str
    themes: tuple[str, ...]  # () means all of them
    language: str
    status: EffectiveStatus
    reason: str = ""  # why the address is on the suppression list; "" where it is not
    frequency: Frequency = Frequency.WEEKLY
    paused_until: datetime | None = None  # only of one who is paused


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What an import made of one row of the CSV file."""

    row: int  # 1-based line of the file
    email: str
    verdict: str  # added, updated, unchanged, suppressed, invalid, duplicate
    reason: str = ""
