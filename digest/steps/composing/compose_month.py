"""The month that goes with an edition to monthly subscribers, from the editions that were sent."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection

from digest.edition.month import Due, choose, due_with, month_of
from digest.model import Edition, EditionStatus, Mailing, Month
from digest.settings import Settings
from digest.store import deliveries, editions
from digest.store.editions import EditionRow
from digest.week import Week

_SENT = (EditionStatus.SENDING, EditionStatus.SENT)


def compose_month(connection: Connection, settings: Settings, draft: Edition) -> Month | None:
    """Return the month's mail that goes with this draft; None if none does.

    Once sending has begun it stays what it was, whatever is sent later.
    """
    if deliveries.is_queued(connection, Mailing(draft.week)):
        current = editions.load(connection, draft.week)
        return current.month if current else None
    due = _due(connection, settings, draft.week)
    others = [editions.load(connection, week) for week in due.weeks if week != draft.week]
    own = [draft] if draft.week in due.weeks else []
    return choose(due, [*filter(None, others), *own])


def is_month_current(connection: Connection, settings: Settings, edition: Edition) -> bool:
    """Whether the edition goes out with the month that is due now: other editions may have been sent meanwhile."""
    if deliveries.is_queued(connection, Mailing(edition.week)):
        return True
    return compose_month(connection, settings, edition) == edition.month


def _due(connection: Connection, settings: Settings, week: Week) -> Due:
    sent = {row.week for row in editions.list_all(connection) if row.week != week and _has_begun(connection, row)}
    newsletter = settings.newsletter
    return due_with(week, sent, partial(month_of, cutoff=newsletter.cutoff, zone=newsletter.zone))


def _has_begun(connection: Connection, row: EditionRow) -> bool:
    """Whether subscribers have the edition, or some of them do."""
    is_held = row.status is EditionStatus.HELD
    return row.status in _SENT or (is_held and deliveries.is_queued(connection, Mailing(row.week)))
