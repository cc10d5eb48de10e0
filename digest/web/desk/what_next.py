"""What happens next with an edition, in a few words for the bar: when, and to how many. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from digest.model import DeliveryCounts, EditionStatus


def what_next(
    status: EditionStatus,
    *,
    approved: bool,
    begins: datetime,
    now: datetime,
    subscribers: int,
    counts: DeliveryCounts,
    zone: ZoneInfo,
) -> str:
    """Say it. `begins` is when sending begins, or would begin if it were approved now."""
    to = f"to {subscribers:,}"
    if status is EditionStatus.SKIPPED:
        return "no edition this week"
    if status is EditionStatus.SENT:
        return f"went to {counts.sent:,} of {counts.candidates:,}"
    if status is EditionStatus.SENDING:
        return f"{counts.sent:,} of {counts.candidates:,} sent"
    if begins > now:
        when = f"goes out {_moment(begins.astimezone(zone), now.astimezone(zone))} {to}"
        return when if approved else f"{when}, if approved"
    return f"ready to go out {to}" if approved else f"goes out {to} once approved"


def _moment(moment: datetime, now: datetime) -> str:
    """Write a time as briefly as it can be told from others: today's, this week's, a later one."""
    days = (moment.date() - now.date()).days
    if days == 0:
        return f"today {moment:%H:%M}"
    return f"{moment:%a %H:%M}" if 0 < days < 7 else f"{moment:%a} {moment.day} {moment:%b %H:%M}"
