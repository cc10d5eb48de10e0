"""Decide which week, edition or mailing a command is about."""

from __future__ import annotations

from datetime import datetime

from digest.model import Mailing
from digest.settings import Settings
from digest.steps.context import Context
from digest.store import editions
from digest.week import Week, Window, latest_closed, window_of


def week_for(settings: Settings, name: Week | None, moment: datetime) -> Week:
    """The week named, else the last one whose cut-off has passed at `moment`."""
    return name or latest_closed(moment, settings.newsletter.cutoff, settings.newsletter.zone)


def window_for(settings: Settings, week: Week) -> Window:
    return window_of(week, settings.newsletter.cutoff, settings.newsletter.zone)


def mailing_for(context: Context, name: Mailing | None) -> Mailing:
    """Return the mailing meant by a command: the one named, else the edition of `edition_week`."""
    return name or Mailing(edition_week(context, None))


def edition_week(context: Context, name: Week | None) -> Week:
    """The edition meant by a command: the week named, else the newest in the store, else the last closed week."""
    if name is not None:
        return name
    with context.store.reading() as connection:
        rows = [row for row in editions.list_all(connection) if row.revision]
    return rows[0].week if rows else week_for(context.settings, None, context.clock())
