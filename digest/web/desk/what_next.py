"""What happens next with an edition, in a few words for the bar: when, and to how many."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from digest.model import Approval, DeliveryCounts, EditionStatus
from digest.steps.context import Context
from digest.steps.editing.send_time import overdue_since, planned
from digest.store.editions import EditionRow


def next_words(
    context: Context, row: EditionRow, approval: Approval | None, counts: DeliveryCounts, *, subscribers: int
) -> str:
    """Say what happens next with the edition of `row`; `approval` is the one in force."""
    now, is_overdue = context.clock(), False
    if approval is not None and row.status is EditionStatus.APPROVED:
        with context.store.reading() as connection:
            is_overdue = overdue_since(context, connection, row, approval) is not None
    return what_next(
        row.status,
        approved=approval is not None,
        overdue=is_overdue,
        begins=planned(context.settings, row, approval or Approval(row.week, row.revision, "", "", now)),
        now=now,
        subscribers=subscribers,
        counts=counts,
        zone=context.settings.newsletter.zone,
    )


def what_next(
    status: EditionStatus,
    *,
    approved: bool,
    overdue: bool = False,
    begins: datetime,
    now: datetime,
    subscribers: int,
    counts: DeliveryCounts,
    zone: ZoneInfo,
) -> str:
    """Say it. `begins` is when sending begins, or would begin if it were approved now. Pure."""
    to = f"to {subscribers:,}"
    if status is EditionStatus.SKIPPED:
        return "no edition this week"
    if status is EditionStatus.SENT:
        return f"went to {counts.sent:,} of {counts.candidates:,}"
    if status is EditionStatus.SENDING:
        return f"{counts.sent:,} of {counts.candidates:,} sent"
    if overdue:
        return "is overdue: somebody has to send it"
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
