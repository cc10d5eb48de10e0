"""Alerts: what is wrong and stays wrong until somebody acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about. The values stand in stores: they never change."""

    EDITION = "edition"  # an edition is missing, or approved and not sent
    DRAFT = "draft"  # a draft waits for an approval
    QUEUE = "queue"  # deliveries wait, and none moves
    NOTICE = "notice"  # no mail server takes a notice to editors
    BOUNCES = "bounces"  # bounces are on hold
    BACKUP = "backup"  # the last backup is old
    SOURCE = "source"  # a source has been dead for long
    STORE = "store"  # the store cannot be used, so this one is in no store


AlertKey = tuple[AlertKind, str]


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong."""

    kind: AlertKind
    about: str  # which edition, source, …; with the kind, its name
    what: str  # a sentence, without an address
    remedy: str  # what to do
    patience: timedelta = field(default=timedelta(0), compare=False)  # how long it stands before anybody hears of it

    @property
    def key(self) -> AlertKey:
        return self.kind, self.about


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as the store remembers it."""

    alert: Alert
    since: datetime  # first seen
    resolved_at: datetime | None  # not seen any more
    notified: Mapping[str, datetime]  # when each channel was last told
