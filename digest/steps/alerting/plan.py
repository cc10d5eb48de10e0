"""Decide what each channel is sent: what is new at once, what stays wrong once a day, and once that it is over. Pure.

    alerts ─▶ records ─▶ for each channel: fresh | again | resolved ─▶ one message ─▶ records

A channel is the webhook, or one address. Each has its own account: what no mail server takes, the webhook still
gets, and the mail goes out at a later run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.model.alert import Alert, AlertKind, AlertRecord

AGAIN = timedelta(hours=23, minutes=30)
"""A look every hour is a few seconds early or late: a whole day would move the daily message by an hour each day."""
_SKEW = timedelta(hours=1)  # between the clocks of machines
_SETTLED = timedelta(hours=2)
"""How long something is over before that is said: what comes and goes is told once a day, not at each look."""
_FORGOTTEN = timedelta(days=7)  # that something is over helps nobody so long after


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What one message to one channel is about."""

    fresh: tuple[AlertRecord, ...] = ()
    again: tuple[AlertRecord, ...] = ()  # the channel knows of it, and it is still so
    resolved: tuple[AlertRecord, ...] = ()


def remember(alerts: Iterable[Alert], records: Iterable[AlertRecord], now: datetime) -> list[AlertRecord]:
    """Return the records after a look that found `alerts`; those that it did not find are resolved."""
    earlier = {record.alert.key: record for record in records}
    after = []
    for alert in alerts:
        record = earlier.pop(alert.key, None)
        # Of a clock that was ahead and has been set back, nothing else remains than that it is so now.
        since = min(record.since, now) if record and record.resolved_at is None else now
        after.append(AlertRecord(alert, since, None, record.notified if record else {}))
    after += [replace(record, resolved_at=record.resolved_at or now) for record in earlier.values()]
    return after


def is_open(record: AlertRecord, now: datetime) -> bool:
    """Whether it is wrong now, and has been for so long that it matters."""
    return record.resolved_at is None and now - record.since >= record.alert.patience


def _is_over(record: AlertRecord, now: datetime) -> bool:
    return record.resolved_at is not None and now - record.resolved_at >= _SETTLED


def is_recent(notified: datetime, now: datetime) -> bool:
    """Whether it was said less than a day ago. What was said hours after now was said by a clock that was wrong."""
    return -_SKEW < now - notified < AGAIN


def message_for(records: Sequence[AlertRecord], channel: str, now: datetime, *, works: bool) -> AlertMessage | None:
    """Return what a channel is sent now; None for nothing. `works`: editors work on this day, so drafts are due."""

    def is_due(record: AlertRecord) -> bool:
        if record.alert.kind is AlertKind.DRAFT and not works:
            return False
        return channel not in record.notified or not is_recent(record.notified[channel], now)

    standing = [record for record in records if is_open(record, now)]
    resolved = tuple(record for record in records if _is_over(record, now) and channel in record.notified)
    if not resolved and not any(map(is_due, standing)):
        return None
    fresh = tuple(record for record in standing if channel not in record.notified and is_due(record))
    # All that stands is in the same message, so that there is one a day.
    again = tuple(record for record in standing if channel in record.notified)
    return AlertMessage(fresh, again, resolved)


def mark_notified(
    records: Iterable[AlertRecord], message: AlertMessage, channel: str, now: datetime
) -> list[AlertRecord]:
    """Return the records after a channel has taken its message."""
    standing = {record.alert.key for record in (*message.fresh, *message.again)}
    resolved = {record.alert.key for record in message.resolved}
    after = []
    for record in records:
        others = {name: moment for name, moment in record.notified.items() if name != channel}
        if record.alert.key in standing:
            after.append(replace(record, notified={**others, channel: now}))
        else:
            after.append(replace(record, notified=others) if record.alert.key in resolved else record)
    return after


def is_worth_keeping(record: AlertRecord, channels: Collection[str], now: datetime) -> bool:
    """Whether the record still matters: it stands, or a channel has not heard that it is over."""
    if record.resolved_at is None:
        return True
    return now - record.resolved_at < _FORGOTTEN and any(channel in record.notified for channel in channels)
