"""The status of an edition, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from digest.edition.calendar import WeekState
from digest.model import DeliveryCounts, EditionStatus, Mailing, RevisionCount
from digest.steps.context import Context
from digest.steps.editing.send_time import overdue_since, planned
from digest.steps.sending.delivery_advice import troubles
from digest.steps.sending.restored_store import HELD_BECAUSE
from digest.steps.unfinished import without_edition
from digest.store import approvals, deliveries, editions, identity
from digest.store.editions import EditionRow
from digest.store.revision_counts import revision_counts
from digest.text import plural
from digest.week import Week


@dataclass(frozen=True, slots=True)
class Status:
    """`digest status`."""

    week: Week
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
    revisions: tuple[RevisionCount, ...] = ()  # how many subscribers have which text
    paused_by: str = ""  # who has paused the sending; "" for nobody
    first_approval: str = ""  # who has approved this revision, where another person must, too; "" for nobody
    months: tuple[str, ...] = ()  # that go with it to monthly subscribers: "2019-03"


def status(context: Context, week: Week) -> Status:
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        edition = editions.load(connection, week) if row else None
        approval = approvals.in_force(connection, week)
        voided = approvals.last_voided(connection, week)
        first = approvals.first_of_two(connection, week)
        counts = deliveries.counts(connection, Mailing(week))
        revisions = revision_counts(connection, Mailing(week))
        restored = identity.restored_from(connection)
        late, begins = None, None
        if row and approval and row.status in (EditionStatus.APPROVED, EditionStatus.SENDING):
            late = overdue_since(context, connection, row, approval)
            begins = planned(context.settings, row, approval)
    first_by = first.by if first and row and approval is None and first.revision == row.revision else ""
    if row is None or not row.is_there:
        then = _before_composing(context, week)
    elif row.status in _WAITS and edition is not None and not (edition.posts or counts.candidates):
        then = f"{row.status.value} without posts: add some (`digest preview`), or `digest skip {week}`"
    else:
        then = _next(week, row, counts, voided, late, begins if begins and begins > context.clock() else None)
    if restored is not None:
        then += (
            f"; restored from a backup of {restored:%Y-%m-%d %H:%M} UTC: nothing is sent before `digest deliveries"
            f" restored {week}` (the original may have sent since) or `digest deliveries accept` (it has not)"
        )
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
        next=f"approved by {first_by}; another person must approve it, too" if first_by else then,
        revisions=revisions,
        paused_by=row.paused_by if row else "",
        first_approval=first_by,
        months=edition.month.months if edition and edition.month else (),
    )


def _before_composing(context: Context, week: Week) -> str:
    planned_week = without_edition(context, week)
    if planned_week.state is WeekState.MISSING:
        return f"nothing yet; `{planned_week.remedy}` builds the draft"
    return planned_week.about


def _next(
    week: Week,
    row: EditionRow,
    counts: DeliveryCounts,
    voided: str,
    late: datetime | None,
    begins: datetime | None,
) -> str:
    if row.paused_at is not None:
        return f"paused by {row.paused_by}; `digest resume {week}` lets it go on"
    wrong = troubles(Mailing(week), counts if late is None else replace(counts, deferred=0))
    waiting = counts.queued + counts.sending + (counts.deferred if late else 0)
    if row.status in _GOING_OUT and counts.candidates and not waiting:
        # After a restored backup, even an approved edition may have only uncertain deliveries.
        ending = "done" if row.status is EditionStatus.SENT else f"`digest send {week}`, or the next run, completes it"
        return "; ".join(wrong) or ending
    return "; ".join([_then(week, row.status, waiting, voided, late, begins), *wrong])


_WAITS = (EditionStatus.DRAFT, EditionStatus.HELD)
_GOING_OUT = (EditionStatus.APPROVED, EditionStatus.SENDING, EditionStatus.SENT)


def _then(
    week: Week, status: EditionStatus, waiting: int, voided: str, late: datetime | None, begins: datetime | None
) -> str:
    if late is not None:
        return f"overdue since {late:%Y-%m-%d %H:%M} UTC; `digest send {week}` sends it"
    because = f" because {voided}" if voided == HELD_BECAUSE else ""
    to_go = f"{plural(waiting, 'delivery', 'deliveries')} to go: `digest send {week}`, or the next run, continues"
    return {
        EditionStatus.DRAFT: f"waits for approval: `digest preview`, then `digest approve {week}`"
        + (f" (the last approval was voided: {voided})" if voided else ""),
        EditionStatus.HELD: f"held{because}; `digest approve {week}` lets it continue",
        EditionStatus.APPROVED: f"waits for {begins:%Y-%m-%d %H:%M} UTC"
        if begins
        else f"`digest send {week}`, or the next run, sends it",
        EditionStatus.SENDING: to_go,
        EditionStatus.SENT: to_go if waiting else "done",
        EditionStatus.SKIPPED: f"skipped: no edition this week (`digest approve {week}` undoes that)",
    }[status]
