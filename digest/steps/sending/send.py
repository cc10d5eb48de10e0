"""Send an approved edition: queue a delivery for each subscriber once, then send what is queued."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from digest.errors import ApprovalError, UsageError
from digest.events import SendingStarted
from digest.log import for_week
from digest.mail.smtp.outbox import Tally
from digest.model import Approval, AuditEvent, EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.editing.approve import hold
from digest.steps.editing.audience import change_in
from digest.steps.editing.send_time import overdue_since
from digest.steps.editing.withdrawn_posts import is_fresh, look_again
from digest.steps.sending.sending_run import SendReport, deliver, finish, rehearsed
from digest.steps.sending.verify_approval import ApprovedEdition, approved_edition
from digest.steps.weeks import refuse_open
from digest.store import approvals, audit, deliveries, editions
from digest.week import Week

LOG = logging.getLogger(__name__)


def send(
    context: Context,
    week: Week,
    *,
    dry_run: bool = False,
    limit: int | None = None,
    manual: bool = True,
    patient: bool = False,
    early: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> SendReport:
    """Send the approved edition of `week`, or continue where sending stopped.

    `manual` means that a person asked for this week. Otherwise an overdue edition (`latest_hours`) is not sent. Once
    `stopping` returns True, the run finishes the transactions that have begun and ends. If another run is sending the
    edition, it is left to that run; `patient` waits first until that run is known to live.

    Raises ApprovalError if the edition is not approved, is overdue or paused, UsageError if its week has not closed
    (unless `early`) or there are no subscribers, MailServerError (exit 3) if no mail server can be reached: what was
    not sent stays queued.
    """
    started, mailing = time.monotonic(), Mailing(week)
    refuse_open(context, week, early=early)
    if _is_done(context, week):
        return finish(context, mailing, Tally(), started)
    _refuse_paused(context, week)
    approved = approved_edition(context, week)
    if not manual:
        _refuse_late(context, week, approved.approval)
    if dry_run:
        return _rehearse(context, week, approved, started)
    _hold_withdrawn(context, approved)
    queued = 0
    with context.store.writing() as connection:
        _begin(connection, approved, context.clock())
        if not deliveries.is_queued(connection, mailing):
            change = change_in(connection, week, context.clock())
            queued = _queue(context, connection, approved)
            if not queued:
                raise UsageError(
                    f"Nobody would get the edition {week}: there are no active subscribers.",
                    "Import some with `digest subscribers import subscribers.csv`.",
                )
            for_week(LOG, week).info("%d deliveries queued%s.", queued, f" ({change})" if change else "")
    if queued:
        context.emit(SendingStarted(week, queued))
    number = approved.approval.number
    tally = deliver(context, mailing, approved, approval=number, limit=limit, patient=patient, stopping=stopping)
    return finish(context, mailing, tally, started)


def _refuse_paused(context: Context, week: Week) -> None:
    with context.store.reading() as connection:
        row = editions.find(connection, week)
    if row is not None and row.paused_at is not None:
        raise ApprovalError(
            f"Sending {week} is paused by {row.paused_by}.",
            f"“Go on” on the desk, or `digest resume {week}`, lets it go on.",
        )


def _begin(connection: Connection, approved: ApprovedEdition, now: datetime) -> None:
    """Set the status to sending, which ends editing. Raises ApprovalError if the approval has changed meanwhile."""
    week = approved.edition.week
    begins = editions.move(connection, week, [EditionStatus.APPROVED], EditionStatus.SENDING)
    row, approval = editions.find(connection, week), approvals.in_force(connection, week)
    stands = row is not None and row.status in (EditionStatus.SENDING, EditionStatus.SENT)
    if not stands or approval is None or approval.fingerprint != approved.approval.fingerprint:
        raise ApprovalError(
            f"The edition {week} was held or changed a moment ago.",
            f"Look at it again, then `digest approve {week}`.",
        )
    if begins:
        detail = {"revision": approval.revision}
        audit.record(connection, AuditEvent.SENDING_STARTED, at=now, by="digest", week=week, detail=detail)


def _queue(context: Context, connection: Connection, approved: ApprovedEdition) -> int:
    edition = approved.edition
    monthly = edition.month is not None
    return deliveries.queue(connection, Mailing(edition.week), now=context.clock(), monthly=monthly)


def _rehearse(context: Context, week: Week, approved: ApprovedEdition, started: float) -> SendReport:
    """Do all that `send` does except sending, then roll back."""
    mailing = Mailing(week)
    with context.store.writing() as connection:
        if not deliveries.is_queued(connection, mailing):
            if change := change_in(connection, week, context.clock()):
                for_week(LOG, week).warning("%s.", change)
            _queue(context, connection, approved)
        report = rehearsed(context, connection, mailing, approved, started)
        connection.rollback()
    return report


def _hold_withdrawn(context: Context, approved: ApprovedEdition) -> None:
    """Check the posts before the first mail, unless the edition was approved just now; hold it if posts are gone."""
    with context.store.reading() as connection:
        begun = deliveries.is_queued(connection, Mailing(approved.edition.week))
    if begun or is_fresh(context, approved.approval):
        return
    try:
        look_again(context, approved.edition, moment="before sending")
    except ApprovalError:
        hold(context, approved.edition.week, by="digest")
        raise


def _is_done(context: Context, week: Week) -> bool:
    """Whether the edition was sent and none of its deliveries waits."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        counts = deliveries.counts(connection, Mailing(week))
    return (
        row is not None
        and row.status is EditionStatus.SENT
        and not (counts.queued or counts.sending or counts.deferred)
    )


def _refuse_late(context: Context, week: Week, approval: Approval) -> None:
    """Raise ApprovalError for an overdue edition: only a person's command sends it."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
        late = overdue_since(context, connection, row, approval) if row else None
    if row is None or late is None:
        return
    begun = row.status is EditionStatus.SENDING
    hours = context.settings.schedule.latest_hours
    raise ApprovalError(
        f"The edition {week} was due to "
        + ("continue after" if begun else "be sent at")
        + f" {late:%Y-%m-%d %H:%M} UTC, over {hours} hours ago.",
        f"`digest send {week}` sends {'the rest' if begun else 'it'} anyway. "
        + (
            f"If this store was restored from a backup, run `digest deliveries restored {week}` first."
            if begun
            else f"`digest skip {week}` cancels it."
        ),
    )
