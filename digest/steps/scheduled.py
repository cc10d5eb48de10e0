"""What a scheduled run does: the last closed week, unless a holiday or an edition that is there says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.edition.schedule import draft_of
from digest.steps.context import Context
from digest.steps.weeks import week_for
from digest.store import editions
from digest.week import Week


@dataclass(frozen=True, slots=True)
class Waits:
    """Why a run that nobody asked for by its week leaves the week alone."""

    week: Week
    sentence: str
    until: datetime | None = None  # when its draft is made instead, in UTC; None: not at all, or it is there


def reason_to_wait(context: Context, week: Week, *, due: bool = False) -> Waits | None:
    """Return why the draft of `week` is not made now; None where it is.

    A public holiday is a reason as long as there is no draft. With `due`, for runs every few minutes, so are a time
    that is to come and a draft that is there.
    """
    draft, now, zone = draft_of(context.settings, week), context.clock(), context.settings.newsletter.zone
    with context.store.reading() as connection:
        row = editions.find(connection, week)
    if row is not None and row.is_there:
        return Waits(week, f"The edition {week} is there: {row.status.value}.") if due else None
    if draft.at is None:
        return Waits(week, f"{week} has no edition, as {draft.because}.")
    if now < draft.at and (due or draft.holiday):
        because = f", as {draft.because}" if draft.because else ""
        local = draft.at.astimezone(zone)
        return Waits(week, f"The draft of {week} is made {local:%Y-%m-%d %H:%M} ({zone}){because}.", draft.at)
    return None


def is_there(context: Context, week: Week) -> bool:
    """Whether the edition of `week` was composed, or skipped."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
    return row is not None and row.is_there


def late_reason(context: Context, planned: datetime, week: Week) -> str:
    """Return why a run that was planned for an earlier week than `week`, the last closed one, need not run; else ""."""
    earlier = week_for(context.settings, None, planned)
    if earlier >= week:
        return ""
    local = planned.astimezone(context.settings.newsletter.zone)
    return (
        f"This run was due {local:%Y-%m-%d %H:%M}, for {earlier}. Another run composes {week}, the last week that"
        f" has closed; `digest compose --week {earlier}` composes the earlier one."
    )
