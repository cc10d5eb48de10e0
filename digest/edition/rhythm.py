"""When editions go out, as a subscriber may be told: on which day of the week, and when the next one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.edition.schedule import draft_of, first_moment, sending_of
from digest.settings import Settings
from digest.week import Week, latest_closed, window_of

_AHEAD = 8  # weeks to look at
_HABIT = 4  # editions that show whether the newsletter goes out on the day of its draft
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of the days on which editions go out, where the newsletter is. None is what is not known."""

    weekday: int | None = None  # 0 is Monday
    next_day: date | None = None


def rhythm_of(
    settings: Settings, now: datetime, *, sent: Sequence[tuple[Week, datetime]], over: Collection[Week]
) -> Rhythm:
    """Return when editions go out after `now`.

    `sent` are the editions that went out, newest first, each with the moment of its end; `over` are the weeks of which
    none goes out any more. An edition goes out when `[schedule] send` says so. Without that line it goes out once it is
    approved: on the day of its draft if nobody is asked, or if the last editions did.
    """
    newsletter = settings.newsletter
    if not settings.schedule.send and not _goes_out_on_the_day_of_its_draft(settings, sent):
        return Rhythm()
    first = latest_closed(now, newsletter.cutoff, newsletter.zone)
    weeks = [first.shift(number) for number in range(_AHEAD)]
    planned = {_local(settings, _planned(settings, week)).weekday() for week in weeks}
    next_day = None
    for week in weeks:
        draft = draft_of(settings, week)
        at = draft.at and (sending_of(settings, week) if settings.schedule.send else draft.at)
        if at is not None and at > now and week not in over:
            next_day = _local(settings, at)
            break
    return Rhythm(planned.pop() if len(planned) == 1 else None, next_day)


def _goes_out_on_the_day_of_its_draft(settings: Settings, sent: Sequence[tuple[Week, datetime]]) -> bool:
    if not settings.schedule.compose:
        return False
    if settings.approval.mode == "automatic":
        return True
    last = sent[:_HABIT]
    drafts = ((draft_of(settings, week).at, at) for week, at in last)
    return len(last) >= _FEWEST and all(
        draft is not None and _local(settings, draft) == _local(settings, at) for draft, at in drafts
    )


def _planned(settings: Settings, week: Week) -> datetime:
    """When the edition of a week without holidays goes out."""
    newsletter, schedule = settings.newsletter, settings.schedule
    if not schedule.send:
        return draft_of(settings, week).planned
    return first_moment(schedule.send, window_of(week, newsletter.cutoff, newsletter.zone).ends, newsletter.zone)


def _local(settings: Settings, moment: datetime) -> date:
    return moment.astimezone(settings.newsletter.zone).date()
