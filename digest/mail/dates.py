"""Dates and languages as readers of the newsletter's language write them, in its time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton

WORDS_PER_MINUTE = 230  # silent reading of English prose: Brysbaert 2019, 238; rounded down


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a BCP 47 tag; British English where Babel knows none."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


def known_language(tag: str) -> str:
    """The primary subtag of a BCP 47 tag, such as "en", or "" where there is no such language."""
    primary = tag.replace("_", "-").split("-")[0].strip().lower()
    return primary if primary in Locale("en").languages else ""


def week_dates(starts: datetime, ends: datetime, language: str, timezone: str) -> str:
    """The days of the window `starts <= t < ends`, such as "18–24 March 2019"."""
    zone = ZoneInfo(timezone)
    first = starts.astimezone(zone).date()
    last = max(first, (ends - timedelta(microseconds=1)).astimezone(zone).date())
    locale = locale_of(language)
    if not _day_first_english(locale):
        text = format_interval(first, last, "yMMMMd", fuzzy=True, locale=locale)
        return text.replace("\u2009", "").replace("\u202f", "")  # thin spaces around the dash break in plain text
    # Babel has only the short names of months in British intervals.
    whole = format_date(last, "d MMMM y", locale=locale)
    if first == last:
        return whole
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{whole}"
    return f"{format_date(first, 'd MMMM' if first.year == last.year else 'd MMMM y', locale=locale)} – {whole}"


def day(moment: datetime, language: str, timezone: str) -> str:
    """Such as "18 March"."""
    locale = locale_of(language)
    local: date = moment.astimezone(ZoneInfo(timezone)).date()
    if _day_first_english(locale):
        return format_date(local, "d MMMM", locale=locale)
    return format_skeleton("MMMMd", local, fuzzy=True, locale=locale)


def minutes(words: int) -> int:
    """Minutes of reading; 0 where the length is not known."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words > 0 else 0


def _day_first_english(locale: Locale) -> bool:
    return locale.language == "en" and locale.territory not in ("US", "PH", None)
