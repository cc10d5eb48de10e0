"""When a line of `[schedule]` comes round, in the newsletter's time, and what a public holiday makes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from digest.public_holidays import Holidays, holidays_of
from digest.settings import Settings
from digest.week import Week, cutoff_of, latest_closed, moment_of, window_of

_LONGEST_HOLIDAY = 31  # days to look for a working day; after so many, the planned one stays
_MOST_SKIPPED = 60  # drafts in a row


@dataclass(frozen=True, slots=True)
class PlannedMoment:
    """When something is done: as planned, moved by a holiday, or not at all."""

    planned: datetime  # by the schedule alone, in UTC
    at: datetime | None  # in UTC; None where the holiday means that it is not done
    holiday: str = ""  # which changed the plan; "" for none
    day: date | None = None  # of the holiday, where the newsletter is

    @property
    def because(self) -> str:
        """What the holiday changed, in words, to follow another sentence; "" for nothing."""
        if self.day is None:
            return ""
        return f"{self.day.day} {self.day:%B %Y} is {self.holiday}"


def around_holidays(
    moment: datetime, zone: ZoneInfo, holidays: Holidays, on_holiday: str, before: datetime | None = None
) -> PlannedMoment:
    """Decide what becomes of a planned `moment`, as `[schedule] on_holiday` says. Pure.

    `next-working-day` keeps the time of day in `zone`, also where the clocks change in between. If that would not be
    earlier than `before`, it is done as planned.
    """
    local = moment.astimezone(zone)
    name = holidays.name_of(local.date())
    if not name or on_holiday == "run":
        return PlannedMoment(moment, moment)
    if on_holiday == "skip":
        return PlannedMoment(moment, None, name, local.date())
    for days in range(1, _LONGEST_HOLIDAY + 1):
        day = local.date() + timedelta(days=days)
        if holidays.is_working_day(day):
            moved = moment_of(datetime.combine(day, local.time()), zone)
            if before is not None and moved >= before:
                break
            return PlannedMoment(moment, moved, name, local.date())
    return PlannedMoment(moment, moment)


def first_moment(cron: str, since: datetime, zone: ZoneInfo) -> datetime:
    """Return the first time of the cron line `cron` at or after `since`, in UTC."""
    return next(moments(cron, since, zone))


def moments(cron: str, since: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the times of the cron line `cron` at or after `since`, in UTC."""
    # CronSim looks for times after its start; one that falls on `since` counts, too.
    before = since.astimezone(UTC) - timedelta(minutes=1)
    # In the hour that the clocks repeat, it may name the first of the two, which is over.
    return (moment for one in CronSim(cron, before.astimezone(zone)) if (moment := one.astimezone(UTC)) > before)


def draft_of(settings: Settings, week: Week) -> PlannedMoment:
    """Return when the draft of `week` is made: `[schedule] compose` after its cut-off, holidays minded."""
    newsletter, cron = settings.newsletter, settings.schedule.compose
    closes = window_of(week, newsletter.cutoff, newsletter.zone).ends
    if not cron:
        return PlannedMoment(closes, closes)
    return _minded(settings, first_moment(cron, closes, newsletter.zone))


def sending_of(settings: Settings, week: Week) -> datetime:
    """Return when `[schedule] send` sends the edition of `week`, in UTC.

    An edition is not skipped by the holiday on which it would go out: then it goes out on the next working day.
    """
    newsletter, schedule = settings.newsletter, settings.schedule
    closes = window_of(week, newsletter.cutoff, newsletter.zone).ends
    moment = first_moment(schedule.send, closes, newsletter.zone)
    rule = "next-working-day" if schedule.on_holiday == "skip" else schedule.on_holiday
    return _minded(settings, moment, rule).at or moment


def next_drafts(settings: Settings, now: datetime) -> list[PlannedMoment]:
    """Return the next draft that `[schedule] compose` makes after `now`; before it, those that holidays skip."""
    if not settings.schedule.compose:
        return []
    since = now - timedelta(days=_LONGEST_HOLIDAY)  # a draft that a holiday has moved may still be to come
    upcoming: list[PlannedMoment] = []
    for moment in islice(moments(settings.schedule.compose, since, settings.newsletter.zone), 5000):
        one = _minded(settings, moment)
        if one.at is None and moment > now:
            upcoming.append(one)
        elif one.at is not None and one.at > now:
            return [*upcoming, one]
        if len(upcoming) >= _MOST_SKIPPED:
            break
    return upcoming


def _minded(settings: Settings, moment: datetime, rule: str = "") -> PlannedMoment:
    schedule = settings.schedule
    if not schedule.holidays:
        return PlannedMoment(moment, moment)
    zone, cutoff = settings.newsletter.zone, settings.newsletter.cutoff
    # Only the last closed week is composed by itself: a draft that came after the next cut-off would never be made.
    before = None if rule else cutoff_of(latest_closed(moment, cutoff, zone).shift(1), cutoff, zone)
    return around_holidays(moment, zone, holidays_of(schedule.holidays), rule or schedule.on_holiday, before)
