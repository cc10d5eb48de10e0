"""Where an edition is, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.model import Approval, DeliveryCounts, EditionStatus
from digest.steps.context import Context
from digest.store import deliveries, editions
from digest.store.editions import EditionRow


@dataclass(frozen=True, slots=True)
class Status:
    """`digest status`."""

    week: str
    status: EditionStatus | None  # None where there is no edition yet
    revision: int
    posts: int
    left_out: int
    approved_by: str
    approved_at: datetime | None
    send_at: datetime | None
    candidates: int
    counts: DeliveryCounts
    next: str  # what happens next, for people


def status(context: Context, week: str) -> Status:
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        edition = editions.load(connection, week) if row else None
        approval = editions.approval_of(connection, week)
        voided = editions.last_voided(connection, week)
        counts = deliveries.counts(connection, week)
        late = None
        if row and approval and row.status in (EditionStatus.APPROVED, EditionStatus.SENDING):
            late = overdue_since(context, connection, row, approval)
    return Status(
        week=week,
        status=row.status if row else None,
        revision=row.revision if row else 0,
        posts=len(edition.posts) if edition else 0,
        left_out=len(edition.left_out) if edition else 0,
        approved_by=approval.by if approval else "",
        approved_at=approval.at if approval else None,
        send_at=row.send_at if row else None,
        candidates=counts.candidates,
        counts=counts,
        next=_next(week, row, counts, voided, late),
    )


def _next(week: str, row: EditionRow | None, counts: DeliveryCounts, voided: str, late: datetime | None) -> str:
    if row is None:
        return f"nothing yet; `digest compose --week {week}` builds the draft"
    if late is not None:
        return f"nothing by itself: it has waited since {late:%Y-%m-%d %H:%M} UTC; `digest send {week}` sends it"
    left = counts.queued + counts.deferred + counts.sending
    return {
        EditionStatus.DRAFT: f"waits for approval: `digest preview`, then `digest approve {week}`"
        + (f" (the last approval was voided: {voided})" if voided else ""),
        EditionStatus.HELD: f"stopped; `digest approve {week}` lets it go on",
        EditionStatus.APPROVED: f"waits for {row.send_at.isoformat()}"
        if row.send_at
        else f"`digest send {week}`, or the next run, sends it",
        EditionStatus.SENDING: f"{left} deliveries to go: `digest send {week}`, or the next run, goes on",
        EditionStatus.SENT: (
            f"{counts.uncertain} are uncertain and wait for you: `digest deliveries reconcile --maillog FILE` settles"
            " them, `digest deliveries retry --uncertain` sends them again"
            if counts.uncertain
            else "done"
        ),
        EditionStatus.SKIPPED: f"nothing: there is no edition this week (`digest approve {week}` would undo that)",
    }[row.status]


def weeks_to_send(context: Context) -> list[str]:
    """The editions that are approved or under way and whose time has come, oldest first; not those that are overdue."""
    now = context.clock()
    with context.store.reading() as connection:
        due = []
        for row in editions.list_all(connection):
            approval = editions.approval_of(connection, row.week)
            if approval is None or row.status not in (EditionStatus.APPROVED, EditionStatus.SENDING):
                continue
            if _planned(row, approval) <= now and overdue_since(context, connection, row, approval) is None:
                due.append(row.week)
    return sorted(due)


def overdue_since(context: Context, connection: Connection, row: EditionRow, approval: Approval) -> datetime | None:
    """Since when an edition should have been begun, or gone on with, where that is over `latest_hours` ago.

    Such a one waits for a person to name it: this may be a machine that was restored from a backup.
    """
    oldest = context.clock() - timedelta(hours=context.settings.schedule.latest_hours)
    since = _planned(row, approval)
    if since < oldest and row.status is EditionStatus.SENDING:
        since = max(since, deliveries.last_change(connection, row.week) or since)
    return since if since < oldest else None


def _planned(row: EditionRow, approval: Approval) -> datetime:
    return max(row.send_at or approval.at, approval.at)
