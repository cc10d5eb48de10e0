"""Where an edition is, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model import DeliveryCounts, EditionStatus
from digest.steps.context import Context
from digest.steps.due import overdue_since, planned
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
        late, begins = None, None
        if row and approval and row.status in (EditionStatus.APPROVED, EditionStatus.SENDING):
            late = overdue_since(context, connection, row, approval)
            begins = planned(context.settings, row, approval)
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
        next=_next(week, row, counts, voided, late, begins if begins and begins > context.clock() else None),
    )


def _next(
    week: str,
    row: EditionRow | None,
    counts: DeliveryCounts,
    voided: str,
    late: datetime | None,
    begins: datetime | None,
) -> str:
    if row is None:
        return f"nothing yet; `digest compose --week {week}` builds the draft"
    if late is not None:
        return f"nothing by itself: it has waited since {late:%Y-%m-%d %H:%M} UTC; `digest send {week}` sends it"
    left = counts.queued + counts.deferred + counts.sending
    return {
        EditionStatus.DRAFT: f"waits for approval: `digest preview`, then `digest approve {week}`"
        + (f" (the last approval was voided: {voided})" if voided else ""),
        EditionStatus.HELD: f"stopped; `digest approve {week}` lets it go on",
        EditionStatus.APPROVED: f"waits for {begins:%Y-%m-%d %H:%M} UTC"
        if begins
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
