"""What needs a look, for the top of the overview: each thing in a sentence, with the page where it is settled. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.edition.calendar import CalendarWeek, WeekState
from digest.model import BounceHold
from digest.steps.collecting.source_health import SourceHealth
from digest.web.desk.formatting import week_title
from digest.web.desk.source_words import new_address, source_url
from digest.week import Week

_NAMED = 3  # sources of one kind that get a line each; of more, there is one line for all
_MISSING = 8  # weeks
_FAILED = ("error", "gone")
_RECENT = 4  # editions whose deliveries are looked at


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that needs a look."""

    kind: str  # settings, store, missing, draft (any edition that is not finished), delivery, bounces, source, move
    text: str
    url: str = ""
    command: str = ""  # what settles it, where no page does
    source: SourceHealth | None = None  # of a move: accepting it is one click


def needs_look(
    weeks: Sequence[CalendarWeek],
    sources: Sequence[SourceHealth],
    holds: Iterable[BounceHold],
    problem: str,
    *,
    obstacle: str = "",
    besides: Week | None = None,
) -> list[Look]:
    """Return them, the most urgent first.

    `problem` is why the settings file cannot be used, `obstacle` why nothing is sent from this store. The edition
    `besides` has a place of its own on the page.
    """
    looks: list[Look] = []
    if problem:
        looks.append(Look("settings", f"The settings file cannot be used as it is now. {problem}"))
    if obstacle:
        looks.append(Look("store", f"Nothing is sent from here. {obstacle}", command="digest doctor"))
    return [*looks, *_of_editions(weeks, besides), *map(_of_hold, holds), *_of_sources(sources)]


def _of_editions(weeks: Sequence[CalendarWeek], besides: Week | None) -> Iterator[Look]:
    gaps = [each for each in weeks[::-1] if each.state is WeekState.MISSING]
    for each in gaps[:_MISSING]:
        yield Look("missing", f"{_name(each.week)} {each.about}.", command=each.remedy)
    if len(gaps) > _MISSING:
        yield Look("missing", f"{len(gaps) - _MISSING} earlier weeks have no edition either.")
    editions = [each for each in weeks[::-1] if each.facts is not None]
    for each in editions:
        if each.state is WeekState.OVERDUE:
            yield Look("draft", f"{_name(each.week)} {each.about}.", f"/editions/{each.week}", each.remedy)
        elif each.is_unfinished and each.week != besides:
            yield Look("draft", f"{_name(each.week)} {each.about}.", f"/editions/{each.week}")
    for week, counts in [(each.week, each.facts.counts) for each in editions if each.facts][:_RECENT]:
        failed = [(counts.failed, "failed"), (counts.uncertain, "uncertain")]
        parts = [f"{number:,} {word}" for number, word in failed if number]
        if parts:
            text = f"{_name(week)}: of its deliveries, {' and '.join(parts)}."
            yield Look("delivery", text, f"/editions/{week}/deliveries")


def _of_hold(hold: BounceHold) -> Look:
    number = "1 bounce is on hold" if hold.number == 1 else f"{hold.number:,} bounces are on hold"
    text = f"{hold.batch}: {number}. Nobody is suppressed until somebody decides."
    return Look("bounces", text, "/subscribers", "digest bounces list")


def _of_sources(sources: Iterable[SourceHealth]) -> Iterator[Look]:
    followed = [each for each in sources if each.active]
    dead = [each for each in followed if each.is_dead]
    moved = [each for each in followed if new_address(each) and each not in dead]
    silent = [each for each in followed if each.silence and each not in dead and each not in moved]
    failing = [each for each in followed if each.outcome in _FAILED and each not in dead and each not in moved]
    yield from _named(dead, "brings nothing any more", "bring nothing any more")
    yield from _named(failing, "could not be read at the last visit", "could not be read at the last visit")
    for each in moved[:_NAMED]:
        yield Look("move", f"{each.name} has a new address: {new_address(each)}", source_url(each.name), source=each)
    if len(moved) > _NAMED:
        yield Look("move", f"Further sources with a new address: {len(moved) - _NAMED}.", "/sources")
    yield from _named(silent, "has been silent for far longer than usual", "have been silent for far longer than usual")


def _named(sources: Sequence[SourceHealth], one: str, many: str) -> Iterator[Look]:
    if len(sources) > _NAMED:
        yield Look("source", f"{len(sources)} sources {many}.", "/sources")
        return
    for each in sources:
        yield Look("source", f"{each.name} {one}.", source_url(each.name))


def _name(week: Week) -> str:
    return f"{week_title(week)} ({week})"
