"""What monthly subscribers get: in which mailing, of which editions, and which posts. Pure.

A month goes with one mailing: that of the edition whose week ends last in the month, or of the next one that is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from digest.model import Edition, EditionPost, Month, Section
from digest.text import plural
from digest.week import Cutoff, Week, cutoff_of

MonthOf = Callable[[Week], str]
"""Gives the month, such as "2019-03", to which an edition belongs."""


def month_of(week: Week, cutoff: Cutoff, zone: ZoneInfo) -> str:
    """Return the month in which the edition's week ends: the last day before its cut-off."""
    last = (cutoff_of(week, cutoff, zone) - timedelta(microseconds=1)).astimezone(zone)
    return f"{last:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Due:
    """The months that go with a mailing, and the weeks of the editions that belong to them."""

    months: tuple[str, ...] = ()
    weeks: tuple[Week, ...] = ()


def due_with(week: Week, sent: Collection[Week], month_of: MonthOf) -> Due:
    """Return what goes with the mailing of `week`, if the editions of the weeks `sent` went out before.

    The months with editions that are over with this week, and that no earlier mailing had. So each month goes out once,
    whatever weeks were skipped. An edition older than one that was sent already has no month.
    """
    weeks = sorted({*sent, week})
    if weeks[-1] != week:
        return Due()
    over_before = month_of(weeks[-2].shift(1)) if len(weeks) > 1 else ""
    months = {each: month_of(each) for each in weeks}
    due = [each for each in weeks if over_before <= months[each] < month_of(week.shift(1))]
    return Due(tuple(dict.fromkeys(months[each] for each in due)), tuple(due))


def choose(due: Due, editions: Sequence[Edition]) -> Month | None:
    """Return the month's mail: of each edition the post that leads each section. None if there is no such post.

    `editions` are those of the due weeks, in order. The post that led the newest of them leads this mail.
    """
    titles: dict[str, str] = {}
    posts: dict[str, dict[str, EditionPost]] = {}
    lead = ""
    for edition in editions:
        for section in edition.sections:
            for post in section.posts:
                if post.lead and not post.short:
                    titles[section.theme] = section.title
                    posts.setdefault(section.theme, {})[post.id] = post
                    lead = post.id if post.id == edition.lead else lead
    if not posts:
        return None
    sections = [Section(theme, titles[theme], _in_order(each.values(), lead)) for theme, each in posts.items()]
    sections.sort(key=lambda section: all(post.id != lead for post in section.posts))
    return Month(due.months, due.weeks, tuple(sections), lead)


def describe(edition: Edition) -> str:
    """Say what monthly subscribers get with the edition: "Monthly subscribers get 2019-03: 4 posts"; "" for nothing."""
    if edition.month is None:
        return ""
    posts = sum(len(section.posts) for section in edition.month.sections)
    return f"Monthly subscribers get {' and '.join(edition.month.months)}: {plural(posts, 'post')}"


def _in_order(posts: Collection[EditionPost], lead: str) -> tuple[EditionPost, ...]:
    """The lead first, then the others from the month's first week to its last; the first leads the section."""
    ordered = sorted(posts, key=lambda post: post.id != lead)
    return tuple(replace(post, lead=place == 0) for place, post in enumerate(ordered))
