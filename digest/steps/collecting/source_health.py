"""The health of each source: its last fetch, its pace, its silence, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.collect import explain_failure, source_pace
from digest.steps.collecting.visit_outcomes import current_state
from digest.steps.context import Context
from digest.store import articles, posts, sources

_LATEST = timedelta(weeks=5)
"""Pages of posts that were published within this time say how the source's pages are."""
_SEVERAL = 2

RECENT = timedelta(days=14)
"""Quarantined posts that came within this time are said: later, no edition could take them."""


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
    walled: int = 0  # latest pages that show something else than their posts
    walls: str = ""  # "2 of its latest pages show a cookie wall": what its pages show in place of its posts
    quarantined: int = 0  # posts that came lately and are kept out of editions

    @property
    def is_dead(self) -> bool:
        """Whether it needs a person: gone for good, or failed too often in a row."""
        return self.gone_at is not None or self.failures >= source_pace.FAILURES

    @property
    def advice(self) -> str:
        """What an editor should do; "" if nothing."""
        if self.reason == explain_failure.NO_NAMES:
            return ""  # not about this source
        if self.moved_to:
            return f"moved: put {self.moved_to} in the settings"
        if self.proposed:
            return f"its feed seems to be {self.proposed}: put that in the settings"
        if self.gone_at:
            return "gone for good: remove it, or find its new address"
        if self.quarantined and "quarantine" not in self.reason:
            posts = "1 post looks" if self.quarantined == 1 else f"{self.quarantined} posts look"
            note = f"{posts} old and stayed in quarantine: if the site has not moved, pin them on the desk."
            return f"{self.reason} {note}".strip()
        return self.reason or self._about_walls or self.silence

    @property
    def _about_walls(self) -> str:
        """What to do about walls; one page alone may have been taken down."""
        if self.walled < _SEVERAL:
            return ""
        return f"{self.walls}: only what the feed says is shown; ask the site for a feed with the whole text"


def finding(rows: Iterable[SourceHealth]) -> str:
    """What is wrong with this machine rather than with a source; "" where nothing is. Said once, above all sources."""
    return explain_failure.NO_NAMES if any(row.reason == explain_failure.NO_NAMES for row in rows) else ""


def source_health(context: Context) -> list[SourceHealth]:
    """Return the health of each source, in the order of the settings."""
    now = context.clock()
    with context.store.reading() as connection:
        states = sources.states(connection)
        stored = posts.counts(connection)
        walls = articles.walls(connection, since=now - _LATEST)
        quarantined = posts.quarantined(connection, now - RECENT)
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
                silence=source_pace.silence(state.newest_at, state.pace_days, now),
                moved_to=state.moved_to,
                proposed=state.proposed,
                gone_at=state.gone_at,
                next_at=state.next_at,
                posts=stored.get(source.name, 0),
                walled=sum(walls.get(source.name, {}).values()),
                walls=_walls(walls.get(source.name, {})),
                quarantined=quarantined.get(source.name, 0),
            )
        )
    return rows


def _walls(counts: Mapping[str, int]) -> str:
    """Say what pages show in place of posts; "" where none does."""
    return "; ".join(f"{_pages(number)} {wall}" for wall, number in counts.items())


def _pages(number: int) -> str:
    return "1 of its latest pages shows" if number == 1 else f"{number} of its latest pages show"
