"""When an approved edition is to be sent, and whether its time has come or has long gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cronsim import CronSim
from sqlalchemy import Connection

from digest.model import Approval, EditionStatus, Mailing
from digest.settings import Settings
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import approvals, deliveries, editions
from digest.store.editions import EditionRow
from digest.week import Week

_APPROVED = (EditionStatus.APPROVED, EditionStatus.SENDING)


def planned(settings: Settings, row: EditionRow, approval: Approval) -> datetime:
    """When to begin: at the editor's moment, else at the newsletter's (`[schedule] send`), else on approval. UTC.

    The newsletter's moment is the first after the week's cut-off. What is approved when it has gone by is sent at once.
    """
    if row.send_at is not None:
        return max(row.send_at, approval.at)
    if not settings.schedule.send:
        return approval.at
    return max(_first_moment(settings, window_for(settings, Week.parse(row.week)).ends), approval.at)


def _first_moment(settings: Settings, since: datetime) -> datetime:
    """The first moment of `[schedule] send` at or after `since`, in UTC."""
    # CronSim looks for moments after its own; one that falls on `since` counts.
    before = since.astimezone(UTC) - timedelta(minutes=1)
    moments = CronSim(settings.schedule.send, before.astimezone(settings.newsletter.zone))
    # In the hour that the clocks repeat it may name the first of two moments, which is over.
    return next(moment for one in moments if (moment := one.astimezone(UTC)) > before)


def weeks_to_send(context: Context) -> list[str]:
    """The editions that are approved or under way and whose time has come, oldest first; not those that are overdue."""
    now = context.clock()
    with context.store.reading() as connection:
        weeks = []
        for row in editions.list_all(connection):
            approval = approvals.in_force(connection, row.week)
            if approval is None or row.status not in _APPROVED:
                continue
            begins = planned(context.settings, row, approval)
            if begins <= now and overdue_since(context, connection, row, approval) is None:
                weeks.append(row.week)
    return sorted(weeks)


def overdue_since(context: Context, connection: Connection, row: EditionRow, approval: Approval) -> datetime | None:
    """Since when an edition should have been begun, or gone on with, where that is over `latest_hours` ago.

    Such a one waits for a person to name it: this may be a machine that was restored from a backup.
    """
    oldest = context.clock() - timedelta(hours=context.settings.schedule.latest_hours)
    since = planned(context.settings, row, approval)
    if since < oldest and row.status is EditionStatus.SENDING:
        since = max(since, deliveries.last_change(connection, Mailing.parse(row.week)) or since)
    return since if since < oldest else None
