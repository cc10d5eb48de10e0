"""When a line of `[schedule]` comes round next, in the newsletter's time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim


def first_moment(cron: str, since: datetime, zone: ZoneInfo) -> datetime:
    """Return the first time of the cron line `cron` at or after `since`, in UTC."""
    # CronSim looks for times after its start; one that falls on `since` counts, too.
    before = since.astimezone(UTC) - timedelta(minutes=1)
    moments = CronSim(cron, before.astimezone(zone))
    # In the hour that the clocks repeat, it may name the first of the two, which is over.
    return next(moment for one in moments if (moment := one.astimezone(UTC)) > before)
