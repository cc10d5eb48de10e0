"""What a site would bring to the newsletter if it were followed: its latest posts, each with its theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.collect.urls import identity
from digest.errors import UsageError
from digest.model import Entry, Placement, Source
from digest.read.themes.place_again import RememberingPlacer
from digest.steps import learned
from digest.steps.collecting.try_source import READABLE, SourceTrial, sample
from digest.steps.context import Context
from digest.text import clean_line, plain_from_html

POSTS = 10  # that are shown
_HTML = 200_000  # characters of an entry that say its theme
_LONGEST_NAME = 200  # as in the settings


@dataclass(frozen=True, slots=True)
class PreviewPost:
    title: str
    url: str
    published: datetime | None
    placement: Placement


@dataclass(frozen=True, slots=True)
class SourcePreview:
    """A feed that could be followed, and what it would bring."""

    source: Source  # as it would stand in the settings
    trial: SourceTrial
    posts: tuple[PreviewPost, ...]  # its latest ones
    a_week: tuple[int, ...]  # posts in each of the last weeks, oldest first; those that it still shows
    others: tuple[SourceTrial, ...] = ()  # further feeds of the site
    known: str = ""  # the source that follows this feed already


WEEKS = 12


def preview_source(context: Context, address: str, *, theme: str = "") -> SourcePreview:
    """Fetch a site or feed, through the guard, and show what it would bring. Raises UsageError if there is no feed."""
    settings = context.settings
    behind = sample(settings, address)
    trial, *others = behind.trials
    if trial.outcome not in READABLE:
        raise UsageError(
            f"There is no feed at {address.strip()}. {trial.reason}", "Give the address of the feed itself."
        )
    feed = trial.moved_to or trial.url
    name = clean_line(trial.title, limit=_LONGEST_NAME) or feed[:_LONGEST_NAME]
    source = Source(name, feed, trial.site, theme)
    now = context.clock()
    return SourcePreview(
        source=source,
        trial=trial,
        posts=place_entries(context, source, newest(behind.entries)),
        a_week=weekly([entry.published for entry in behind.entries if entry.published], now, WEEKS),
        others=tuple(others),
        known=next((each.name for each in settings.sources if identity(each.feed) == identity(feed)), ""),
    )


def newest(entries: Sequence[Entry], most: int = POSTS) -> list[Entry]:
    """Return the newest entries, newest first; those without a date follow in the feed's order."""
    undated = datetime.min.replace(tzinfo=UTC)
    return sorted(entries, key=lambda entry: entry.published or undated, reverse=True)[:most]


def place_entries(context: Context, source: Source, entries: Sequence[Entry]) -> tuple[PreviewPost, ...]:
    """Place entries as an edition would, by their words in the feed, the source's theme and the editors' moves."""
    placer = RememberingPlacer(context.settings.themes, learned.evidence(context))
    return tuple(
        PreviewPost(
            clean_line(entry.title) or "(no title)",
            entry.url,
            entry.published,
            placer.place(title=entry.title, text=plain_from_html(entry.html[:_HTML]), source=source),
        )
        for entry in entries
    )


def weekly(moments: Sequence[datetime], now: datetime, weeks: int) -> tuple[int, ...]:
    """Count moments in each of the last weeks of seven days up to now, oldest first. Pure."""
    counts = [0] * weeks
    for moment in moments:
        ago = (now - moment) // timedelta(weeks=1)
        if 0 <= ago < weeks:
            counts[weeks - 1 - ago] += 1
    return tuple(counts)
