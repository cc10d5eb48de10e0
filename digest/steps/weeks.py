"""Decide which week, edition or mailing a command is about."""

from __future__ import annotations

from datetime import datetime

from digest.model import Mailing
from digest.settings import Settings
from digest.steps.context import Context
from digest.store import editions
from digest.week import Week, Window, latest_closed, window_of


def week_for(settings: Settings, name: str | None, moment: datetime) -> Week:
    """The week named, else the last one whose cut-off has passed at `moment`. Raises UsageError."""
    if name:
        return Week.parse(name)
    return latest_closed(moment, settings.newsletter.cutoff, settings.newsletter.zone)


def window_for(settings: Settings, week: Week) -> Window:
    return window_of(week, settings.newsletter.cutoff, settings.newsletter.zone)


def mailing_for(context: Context, name: str | None) -> Mailing:
    """Return the mailing meant by a command: "2019-W12+1" names a correction, else see `edition_week`."""
    return Mailing.parse(name if name and "+" in name else edition_week(context, name))


def edition_week(context: Context, name: str | None) -> str:
    """The edition meant by a command: the week named, else the newest in the store, else the last closed week."""
    if name:
        return str(Week.parse(name))
    with context.store.reading() as connection:
        rows = [row for row in editions.list_all(connection) if row.revision]
    return rows[0].week if rows else str(week_for(context.settings, None, context.clock()))


def missing_weeks(context: Context, before: str) -> list[str]:
    """The weeks between the last earlier edition and the week `before` that have no edition."""
    with context.store.reading() as connection:
        earlier = [row.week for row in editions.list_all(connection) if row.week < before]
    if not earlier:
        return []
    week, missing = Week.parse(max(earlier)).shift(1), []
    while str(week) < before:
        missing.append(str(week))
        week = week.shift(1)
    return missing
