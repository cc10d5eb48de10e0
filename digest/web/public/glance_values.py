"""What templates show of the newsletter at a glance, in the language of a page."""

from __future__ import annotations

from dataclasses import dataclass

from digest.mail.rendering.dates import week_dates, weekday, weekday_and_day
from digest.settings import Settings
from digest.steps.editing.at_a_glance import Glance
from digest.words.language_tags import known_language
from digest.words.translations import Translations


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link into the archive."""

    path: str  # from the root of the archive
    title: str  # of an edition: its dates
    language: str = ""  # "" where it is the page's own, or not known


@dataclass(frozen=True, slots=True)
class GlanceValues:
    """A `Glance` in words."""

    day: str  # "Monday"; "" if editions go out on no certain day
    next_day: str  # "Monday 1 April"; "" if it is not known
    posts: int
    minutes: int
    editions: tuple[ShownLink, ...]  # newest first, by their dates
    headlines: tuple[ShownLink, ...]  # of the first of them


def glance_values(settings: Settings, glance: Glance, words: Translations) -> GlanceValues:
    newsletter, language = settings.newsletter, words.language
    rhythm = glance.rhythm
    editions = [
        (f"{one.week}/", week_dates(one.starts, one.ends, language, newsletter.timezone)) for one in glance.editions
    ]
    return GlanceValues(
        day="" if rhythm.weekday is None else weekday(rhythm.weekday, language),
        next_day="" if rhythm.next_day is None else weekday_and_day(rhythm.next_day, words),
        posts=glance.posts,
        minutes=glance.minutes,
        editions=tuple(ShownLink(path, dates) for path, dates in editions),
        headlines=tuple(
            ShownLink(
                f"{editions[0][0]}{'#' if one.anchor else ''}{one.anchor}",
                one.title,
                "" if one.language == known_language(language) else one.language,
            )
            for one in glance.headlines
        ),
    )
