"""Which editions there are now, and which are missing, waiting or unfinished: each week since the first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from digest.edition.schedule import PlannedMoment
from digest.model import DeliveryCounts, EditionStatus
from digest.week import Week, Window


class WeekState(StrEnum):
    """Where a week's edition is."""

    EXPECTED = "expected"  # the week has closed; its draft is made at a time that is to come
    HOLIDAY = "holiday"  # no draft is made, as its time falls on a public holiday
    MISSING = "missing"  # its draft should have been made, and was not
    EARLY = "early"  # composed before its week has closed
    DRAFT = "draft"  # waits for approval
    ON_HOLD = "held"
    APPROVED = "approved"  # goes out at a time that is to come
    DUE = "due"  # approved; the next run sends it
    OVERDUE = "overdue"  # approved; only a person's command sends it any more
    SENDING = "sending"  # not finished
    PAUSED = "paused"  # not finished, and waits for a person
    SENT = "sent"
    SKIPPED = "skipped"


UNFINISHED = frozenset(WeekState) - {
    WeekState.EXPECTED, WeekState.HOLIDAY, WeekState.EARLY, WeekState.APPROVED, WeekState.SENT, WeekState.SKIPPED,
}  # fmt: skip
"""What somebody or something still has to do something about."""
_LONG_RUN = 10
_LATE = timedelta(days=28)
_EMPTY = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """What the store says of an edition."""

    status: EditionStatus
    posts: int
    counts: DeliveryCounts
    made_at: datetime | None = None  # when it was first composed
    stopped_at: datetime | None = None  # when it was held or skipped last
    begins: datetime | None = None  # of an approved one: when sending begins, or should have begun
    overdue: datetime | None = None  # since when only a person's command sends it; None for one that a run sends
    moved_at: datetime | None = None  # when its last delivery changed
    paused_at: datetime | None = None
    paused_by: str = ""
    sent_at: datetime | None = None
    first_approval: str = ""  # who has approved it, where another person must, too


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """A week and its edition, if there is one."""

    week: Week
    state: WeekState
    closes: datetime  # the week's cut-off, in UTC
    since: datetime | None  # since when it is in this state; of `expected` and `approved`: when that ends
    about: str  # goes on after the week's name: "has no edition"
    remedy: str = ""  # the command that settles it; "" where nothing is to be done
    facts: EditionFacts | None = None  # None where there is no edition

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def posts(self) -> int:
        return self.facts.posts if self.facts else 0

    @property
    def rest(self) -> str:
        """What follows the week's name: since when it is so, and what to do."""
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since and self.is_unfinished else ""
        skip = f", or `digest skip {self.week}`" if self.state is WeekState.MISSING else ""
        return f"{self.about}{since}" + (f": `{self.remedy}`{skip}" if self.remedy else "")

    @property
    def sentence(self) -> str:
        """All of it on one line, for a terminal or a log."""
        return f"{self.week} {self.rest}"


@dataclass(frozen=True, slots=True)
class Planned:
    """The weeks as the settings plan them."""

    window: Callable[[Week], Window]
    draft_of: Callable[[Week], PlannedMoment]  # when the draft of a week is made


def lines_of(weeks: Iterable[CalendarWeek]) -> list[str]:
    """Return a line for each of these weeks, but one for a long run of weeks without an edition."""
    lines: list[str] = []
    for missing, group in groupby(weeks, lambda each: each.state is WeekState.MISSING):
        run = list(group)
        if missing and len(run) > _LONG_RUN:
            first, last = run[0].week, run[-1].week
            lines.append(f"{first} to {last} have no edition: {len(run)} weeks. `digest skip W` settles a week")
        else:
            lines += [each.sentence for each in run]
    return lines


def calendar(facts: Mapping[Week, EditionFacts], closed: Week, planned: Planned, now: datetime) -> list[CalendarWeek]:
    """Return every week from the first edition to `closed`, the last one that has closed, and later editions; in order.

    No edition yet means no week. What was not sent, and has no posts or was made long after its week, as a mistyped
    week makes it, does not count as the first edition.
    """
    real = [week for week, each in facts.items() if each.status not in _EMPTY or _is_of_its_time(week, each, planned)]
    weeks = set(facts) | set(_from(min(real, default=closed.shift(1)), closed))
    return [calendar_week(week, facts.get(week), planned, now) for week in sorted(weeks)]


def _is_of_its_time(week: Week, facts: EditionFacts, planned: Planned) -> bool:
    late = facts.made_at is not None and facts.made_at - planned.window(week).ends > _LATE
    return bool(facts.posts) and not late


def _from(first: Week, last: Week) -> Iterator[Week]:
    week = first
    while week <= last:
        yield week
        week = week.shift(1)


def calendar_week(week: Week, facts: EditionFacts | None, planned: Planned, now: datetime) -> CalendarWeek:
    """Return where one week is. `facts` are None if it has no edition."""
    closes = planned.window(week).ends
    if facts is None:
        draft = planned.draft_of(week)
        draft_at = draft.at
        if draft_at is None:
            about = f"has no edition, as {draft.because}"
            return CalendarWeek(week, WeekState.HOLIDAY, closes, draft.planned, about)
        if now < draft_at:
            about = f"has no edition yet; its draft is made {draft_at:%Y-%m-%d %H:%M} UTC"
            return CalendarWeek(week, WeekState.EXPECTED, closes, draft_at, about)
        return CalendarWeek(
            week, WeekState.MISSING, closes, draft_at, "has no edition", f"digest compose --week {week}"
        )
    if facts.status is EditionStatus.DRAFT and now < closes:
        about = f"was composed before its week has closed, which it does {closes:%Y-%m-%d %H:%M} UTC"
        return CalendarWeek(week, WeekState.EARLY, closes, facts.made_at, about, "", facts)
    state = _state(facts, now)
    return CalendarWeek(
        week, state, closes, _since(state, facts, closes), _about(state, facts), _remedy(state, facts, week), facts
    )


def _state(facts: EditionFacts, now: datetime) -> WeekState:
    counts = facts.counts
    waits = counts.queued or counts.sending or counts.deferred
    if facts.status is EditionStatus.SENDING or (facts.status is EditionStatus.SENT and waits):
        if facts.paused_at is not None:
            return WeekState.PAUSED
        return WeekState.OVERDUE if facts.overdue else WeekState.SENDING
    if facts.status is EditionStatus.APPROVED:
        if facts.overdue is not None:
            return WeekState.OVERDUE
        return WeekState.APPROVED if facts.begins is not None and now < facts.begins else WeekState.DUE
    return WeekState(facts.status.value)


def _since(state: WeekState, facts: EditionFacts, closes: datetime) -> datetime | None:
    moments = {
        WeekState.DRAFT: max(facts.made_at or closes, closes),
        WeekState.ON_HOLD: facts.stopped_at,
        WeekState.SKIPPED: facts.stopped_at,
        WeekState.OVERDUE: facts.overdue,
        WeekState.SENDING: facts.moved_at or facts.begins,
        WeekState.PAUSED: facts.paused_at,
        WeekState.SENT: facts.sent_at,
    }
    return moments.get(state, facts.begins)


def _about(state: WeekState, facts: EditionFacts) -> str:
    counts = facts.counts
    to_go = counts.queued + counts.sending + counts.deferred
    left = f", {to_go:,} of {counts.candidates:,} to go" if counts.candidates else ""
    losses = [(counts.failed, "failed"), (counts.uncertain, "uncertain")]
    troubled = "".join(f", {number:,} {word}" for number, word in losses if number)
    if state is WeekState.DRAFT and not facts.posts:
        return "is a draft without posts"
    if state is WeekState.DRAFT and facts.first_approval:
        return f"waits for a second approval, after {facts.first_approval}'s"
    if state is WeekState.APPROVED and facts.begins is not None:
        return f"is approved and goes out {facts.begins:%Y-%m-%d %H:%M} UTC"
    if state is WeekState.OVERDUE and facts.status is not EditionStatus.APPROVED:
        return f"was interrupted while it was sent{left}"
    return {
        WeekState.DRAFT: "waits for approval",
        WeekState.ON_HOLD: f"is held{left}" if facts.posts else f"is held, without posts{left}",
        WeekState.DUE: f"is approved and not sent yet{left}",
        WeekState.OVERDUE: f"is approved and overdue{left}",
        WeekState.SENDING: f"is being sent and not finished{left}",
        WeekState.PAUSED: f"is paused by {facts.paused_by or 'somebody'}{left}",
        WeekState.SENT: f"was sent to {counts.sent:,} of {counts.candidates:,}{troubled}",
        WeekState.SKIPPED: "was skipped",
    }.get(state, state.value)


def _remedy(state: WeekState, facts: EditionFacts, week: Week) -> str:
    if state in (WeekState.DRAFT, WeekState.ON_HOLD) and not (facts.posts or facts.counts.candidates):
        return f"digest skip {week}"  # without posts, only the desk approves it
    return {
        WeekState.DRAFT: f"digest approve {week}",
        WeekState.ON_HOLD: f"digest approve {week}",
        WeekState.DUE: f"digest send {week}",
        WeekState.OVERDUE: f"digest send {week}",
        WeekState.SENDING: f"digest send {week}",
        WeekState.PAUSED: f"digest resume {week}",
    }.get(state, "")
