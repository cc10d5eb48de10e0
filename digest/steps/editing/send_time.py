"""When an approved edition is to be sent, and which editions are due or overdue."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.edition.schedule import sending_of
from digest.model import Approval, EditionStatus, Mailing
from digest.settings import Settings
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import approvals, deliveries, editions
from digest.store.editions import EditionRow
from digest.week import Week

_APPROVED = (EditionStatus.APPROVED, EditionStatus.SENDING)


def planned(settings: Settings, row: EditionRow, approval: Approval) -> datetime:
    """Return when to start sending, in UTC: at the editor's time, else by `[schedule] send`, else on approval.

    `[schedule] send` means its first time after the week's cut-off, or the next working day after a holiday. An
    edition that is approved later is sent at once. None begins by itself before its week has closed.
    """
    closes = window_for(settings, row.week).ends
    if row.send_at is not None or not settings.schedule.send:
        return max(row.send_at or closes, approval.at, closes)
    return max(sending_of(settings, row.week), approval.at)


def weeks_to_send(context: Context) -> list[Week]:
    """Return the editions, approved or partly sent, that are due, not overdue and not paused, oldest first."""
    now = context.clock()
    with context.store.reading() as connection:
        weeks = []
        for row in editions.list_all(connection):
            approval = approvals.in_force(connection, row.week)
            if approval is None or row.status not in _APPROVED or row.paused_at is not None:
                continue
            begins = planned(context.settings, row, approval)
            if begins <= now and overdue_since(context, connection, row, approval) is None:
                weeks.append(row.week)
    return sorted(weeks)


def overdue_since(context: Context, connection: Connection, row: EditionRow, approval: Approval) -> datetime | None:
    """Return when sending should have started or continued, if that is over `latest_hours` ago; else None.

    Only a person's command sends an overdue edition: the machine may have been restored from a backup.
    """
    oldest = context.clock() - timedelta(hours=context.settings.schedule.latest_hours)
    since = planned(context.settings, row, approval)
    if since < oldest and row.status is EditionStatus.SENDING:
        since = max(since, deliveries.last_change(connection, Mailing(row.week)) or since)
    return since if since < oldest else None
