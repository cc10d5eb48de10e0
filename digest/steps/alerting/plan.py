"""Decide what each channel is told: what is new at once, what stays wrong once a day, and once when it is over. Pure.

    found ─▶ known ─▶ for each channel: fresh | again | over ─▶ one message ─▶ told

A channel is the webhook, or one address. Each is told by itself: what the mail server does not take, the webhook still
gets, and the mail goes out at a later run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.model.alert import Alert, AlertKind, KnownAlert

AGAIN = timedelta(hours=23, minutes=30)
"""A look every hour is a few seconds early or late: a whole day would move the daily message by an hour each day."""
_FORGOTTEN = timedelta(days=7)  # that something is over helps nobody so long after


@dataclass(frozen=True, slots=True)
class Telling:
    """One message to one channel."""

    fresh: tuple[KnownAlert, ...] = ()
    again: tuple[KnownAlert, ...] = ()  # told before, and still so
    over: tuple[KnownAlert, ...] = ()

    @property
    def rows(self) -> tuple[KnownAlert, ...]:
        return (*self.fresh, *self.again, *self.over)


def remember(found: Iterable[Alert], known: Iterable[KnownAlert], now: datetime) -> list[KnownAlert]:
    """Return what is known after a look: what was found, and what is over since an earlier one."""
    earlier = {one.alert.key: one for one in known}
    rows = []
    for alert in found:
        before = earlier.pop(alert.key, None)
        since = before.since if before and before.over_at is None else now
        rows.append(KnownAlert(alert, since, None, before.told if before else {}))
    rows += [replace(gone, over_at=gone.over_at or now) for gone in earlier.values()]
    return rows


def is_open(known: KnownAlert, now: datetime) -> bool:
    """Whether it is wrong now, and has been for so long that it matters."""
    return known.over_at is None and now - known.since >= known.alert.patience


def telling(rows: Sequence[KnownAlert], channel: str, now: datetime, *, works: bool) -> Telling | None:
    """Return what a channel is told now; None for nothing. `works`: editors work on this day, so drafts are due."""

    def is_due(known: KnownAlert) -> bool:
        if known.alert.kind is AlertKind.DRAFT and not works:
            return False
        return channel not in known.told or now - known.told[channel] >= AGAIN

    standing = [known for known in rows if is_open(known, now)]
    over = tuple(known for known in rows if known.over_at is not None and channel in known.told)
    if not over and not any(map(is_due, standing)):
        return None
    fresh = tuple(known for known in standing if channel not in known.told and is_due(known))
    # All that stands is said in the same message, so that there is one a day.
    again = tuple(known for known in standing if channel in known.told)
    return Telling(fresh, again, over)


def told(rows: Iterable[KnownAlert], message: Telling, channel: str, now: datetime) -> list[KnownAlert]:
    """Return the rows after a channel has got its message."""
    standing = {known.alert.key for known in (*message.fresh, *message.again)}
    over = {known.alert.key for known in message.over}
    after = []
    for known in rows:
        others = {name: moment for name, moment in known.told.items() if name != channel}
        if known.alert.key in standing:
            after.append(replace(known, told={**others, channel: now}))
        else:
            after.append(replace(known, told=others) if known.alert.key in over else known)
    return after


def worth_keeping(known: KnownAlert, channels: Collection[str], now: datetime) -> bool:
    """Whether the row still matters: it stands, or a channel has not heard that it is over."""
    if known.over_at is None:
        return True
    return now - known.over_at < _FORGOTTEN and any(channel in known.told for channel in channels)
