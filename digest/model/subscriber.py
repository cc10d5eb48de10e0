"""Subscribers, and what an import makes of a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SubscriberStatus(StrEnum):
    PENDING = "pending"  # asked to subscribe, has not confirmed
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"  # unsubscribed; stays on the suppression list


@dataclass(frozen=True, slots=True)
class Subscriber:
    id: int
    email: str
    name: str = ""
    themes: tuple[str, ...] = ()  # () means all of them
    language: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE


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


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What an import made of one row of the CSV file."""

    row: int  # 1-based line of the file
    email: str
    verdict: str  # added, updated, unchanged, suppressed, invalid, duplicate
    reason: str = ""
