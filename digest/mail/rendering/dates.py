"""Dates as subscribers write them in their language, in the newsletter's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list

from digest.words.language_tags import locale_of
from digest.words.translations import Translations

WORDS_PER_MINUTE = 230  # silent reading of English prose: Brysbaert 2019, 238; rounded down


def week_dates(starts: datetime, ends: datetime, language: str, timezone: str) -> str:
    """The days of the window `starts <= t < ends`, such as "18–24 March 2019"."""
    zone = ZoneInfo(timezone)
    first = starts.astimezone(zone).date()
    last = max(first, (ends - timedelta(microseconds=1)).astimezone(zone).date())
    locale = locale_of(language)
    if not _plain(locale):
        text = format_interval(first, last, "yMMMMd", fuzzy=True, locale=locale)
        return text.replace("\u2009", "").replace("\u202f", "")  # thin spaces around the dash break in plain text
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
    if _plain(locale):
        return format_date(local, "d MMMM", locale=locale)
    return format_skeleton("MMMMd", local, fuzzy=True, locale=locale)


def whole_day(moment: datetime, language: str, timezone: str) -> str:
    """Such as "18 March 2019"."""
    local: date = moment.astimezone(ZoneInfo(timezone)).date()
    return format_date(local, "long", locale=locale_of(language))


def full_date(moment: datetime, language: str, timezone: str) -> str:
    """Such as "Monday 25 March 2019"."""
    locale = locale_of(language)
    local: date = moment.astimezone(ZoneInfo(timezone)).date()
    british = locale.language == "en" and _plain(locale)  # as GOV.UK writes it, without the CLDR's comma
    return format_date(local, "EEEE d MMMM y" if british else "full", locale=locale)


def weekday_and_day(date_: date, words: Translations) -> str:
    """Such as "Monday 1 April"."""
    noon = datetime.combine(date_, time(12), UTC)
    name = weekday(date_.weekday(), words.language)
    return words.text("weekday_and_day", weekday=name, day=day(noon, words.language, "UTC"))


def month_of(date_: date, language: str) -> str:
    """Such as "March 2019"."""
    locale = locale_of(language)
    if _plain(locale):
        return format_date(date_, "LLLL y", locale=locale)
    return format_skeleton("yMMMM", date_, fuzzy=True, locale=locale)


def months_named(months: Sequence[str], language: str) -> str:
    """Such as "March 2019", or "March 2019 and April 2019"; of months such as "2019-03"."""
    names = [month_of(date.fromisoformat(f"{month}-01"), language) for month in months]
    return format_list(names, locale=locale_of(language))


def minutes(words: int) -> int:
    """Minutes of reading; 0 where the length is not known."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words > 0 else 0


def _plain(locale: Locale) -> bool:
    """Whether the language writes day, month, year and nothing between them, as English in Britain, Welsh, French and
    Dutch do: its intervals can then be written with whole names of months, for which the CLDR has short ones only.
    """
    return str(locale.date_formats["long"].pattern) == "d MMMM y"


def weekday(number: int, language: str) -> str:
    """Such as "Monday" for 0, as it is written within a sentence."""
    name = str(format_date(date(2018, 1, 1 + number), "EEEE", locale=locale_of(language)))  # a Monday first
    # The CLDR writes Welsh ones as they begin a line.
    return name[:1].lower() + name[1:] if locale_of(language).language == "cy" else name
