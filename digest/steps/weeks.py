"""Decide which week, edition or mailing a command is about."""

from __future__ import annotations

from datetime import datetime

from digest.errors import UsageError
from digest.model import Mailing
from digest.settings import Settings
from digest.steps.context import Context
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
    """The edition meant by a command: the week named, else the last one that has closed, whatever others there are."""
    return week_for(context.settings, name, context.clock())


def refuse_open(context: Context, week: Week, *, early: bool = False) -> None:
    """Raise UsageError if `week` has not closed yet; never with `early`, by which a person says that this is meant."""
    closes = window_for(context.settings, week).ends
    if early or closes <= context.clock():
        return
    zone = context.settings.newsletter.zone
    last = week_for(context.settings, None, context.clock())
    raise UsageError(
        f"The week {week} has not closed yet: it closes {closes.astimezone(zone):%Y-%m-%d %H:%M} ({zone}).",
        f"The last week that has closed is {last}. On the command line, `--early` goes ahead all the same.",
    )
