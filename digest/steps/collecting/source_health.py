"""The health of each source: its last fetch, its pace, its silence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.collect import health
from digest.steps.collecting.visits import current_state
from digest.steps.context import Context
from digest.store import posts, sources


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """The health of one source, for people. Times are None if the thing never happened."""

    name: str
    feed: str
    active: bool
    outcome: str  # of the last visit; "" before the first
    reason: str
    checked_at: datetime | None
    good_at: datetime | None
    failures: int  # in a row
    newest_at: datetime | None
    pace_days: float | None
    silence: str  # "silent for five weeks", if that is unusual for it
    moved_to: str
    proposed: str  # a feed that was found in place of this one
    gone_at: datetime | None
    next_at: datetime | None
    posts: int  # in the store

    @property
    def advice(self) -> str:
        """What an editor should do; "" if nothing."""
        if self.moved_to:
            return f"moved: put {self.moved_to} in the settings"
        if self.proposed:
            return f"its feed seems to be {self.proposed}: put that in the settings"
        if self.gone_at:
            return "gone for good: remove it, or find its new address"
        return self.reason or self.silence


def source_health(context: Context) -> list[SourceHealth]:
    """Return the health of each source, in the order of the settings."""
    now = context.clock()
    with context.store.reading() as connection:
        states = sources.states(connection)
        stored = posts.counts(connection)
    rows = []
    for source in context.settings.sources:
        state = current_state(states.get(source.name), source)
        rows.append(
            SourceHealth(
                name=source.name,
                feed=source.feed,
                active=source.active,
                outcome=state.outcome,
                reason=state.reason,
                checked_at=state.checked_at,
                good_at=state.good_at,
                failures=state.failures,
                newest_at=state.newest_at,
                pace_days=state.pace_days,
                silence=health.silence(state.newest_at, state.pace_days, now),
                moved_to=state.moved_to,
                proposed=state.proposed,
                gone_at=state.gone_at,
                next_at=state.next_at,
                posts=stored.get(source.name, 0),
            )
        )
    return rows
