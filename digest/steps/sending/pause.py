"""Pause a sending and let it go on. The pause is in the store, so it stops whoever sends: desk, command or flow.

A run looks once a second. It finishes the transactions that have begun, and leaves the rest queued. The approval
stands: going on needs none. `hold` also stops a sending, but voids the approval.
"""

from __future__ import annotations

import logging

from digest.errors import UsageError
from digest.log import for_week
from digest.model import AuditEvent, EditionStatus, Mailing
from digest.steps.context import Context
from digest.store import audit, deliveries, editions
from digest.week import Week

LOG = logging.getLogger(__name__)


def pause(context: Context, week: Week, *, by: str) -> bool:
    """Ask whoever sends the edition to stop for now; False if it was paused already. Raises UsageError."""
    now = context.clock()
    with context.store.writing() as connection:
        row = editions.find(connection, week)
        if row is None or row.status is not EditionStatus.SENDING:
            raise UsageError(
                f"The edition {week} is not being sent.", f"It is {row.status.value}." if row else "There is none."
            )
        if not editions.pause(connection, week, by=by, at=now):
            return False
        detail = {"counts": deliveries.counts(connection, Mailing(week)).equation}
        audit.record(connection, AuditEvent.SENDING_PAUSED, at=now, by=by, week=week, detail=detail)
    for_week(LOG, week).info("Sending paused by %s.", by)
    return True


def resume_sending(context: Context, week: Week, *, by: str) -> bool:
    """Let a paused sending go on; False if it was not paused. The caller, or the next run, sends the rest."""
    with context.store.writing() as connection:
        if not editions.unpause(connection, week):
            return False
        audit.record(connection, AuditEvent.SENDING_RESUMED, at=context.clock(), by=by, week=week)
    for_week(LOG, week).info("Sending goes on, says %s.", by)
    return True
