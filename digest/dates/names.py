"""Names of months and days: English ones stand here; others are Babel's (CLDR), loaded when a name needs them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from digest.dates.fold import fold

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("en", "cy", "de", "fr", "es", "nl", "it", "pt", "el", "hu")
"""Read in every feed, shortened or whole."""
MORE_LANGUAGES = (
    *("ga", "sv", "da", "nb", "fi", "is", "pl", "cs", "sk", "sl", "ro", "bg", "ru", "uk", "tr", "et", "lv", "lt"),
    *("gl", "ar"),
)
"""Read in every feed as the CLDR writes them: none of their names is another month's in a language of this list."""

_ENGLISH_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTHS = {form: number for number, name in enumerate(_ENGLISH_MONTHS, 1) for form in (name, name[:3])} | {"sept": 9}
_ENGLISH_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_SPELLINGS = {
    "de": {"janner": 1, "feber": 2, "maerz": 3, "mrz": 3},
    "es": {"setiembre": 9, "set": 9},
}
"""What is written besides the CLDR's names, folded."""
_SHORTEST = 3
"""Letters. A beginning of a name that is as long as this, and of one month only, is that month: "Chw", "Sept"."""


@lru_cache(maxsize=4096)
def month_of(word: str, language: str = "") -> int | None:
    """Return the month that a folded word names. The feed's own language comes first after English."""
    if len(word) > 20:
        return None
    number = _MONTHS.get(word)
    if number is not None:
        return number
    languages = (*([language] if language else []), *LANGUAGES, *MORE_LANGUAGES)
    for each in languages:
        number = _months(each).get(word)
        if number is not None:
            return number
    if len(word) >= _SHORTEST:
        for group in ((language,) if language else (), LANGUAGES):
            numbers = {number for each in group for name, number in _months(each).items() if name.startswith(word)}
            if len(numbers) == 1:
                return numbers.pop()
    return None


@lru_cache(maxsize=4096)
def days_of(word: str, language: str = "") -> frozenset[int]:
    """Return the days of the week that a folded word may name, Monday being 0: languages share abbreviations."""
    if not word or len(word) > 20:
        return frozenset()
    for number, name in enumerate(_ENGLISH_DAYS):
        if len(word) >= _SHORTEST and name.startswith(word):
            return frozenset((number,))
    own = _days(language).get(word) if language else None
    return own or frozenset().union(*(_days(each).get(word, frozenset()) for each in LANGUAGES))


@lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """By folded name, wide and abbreviated, as they stand in dates and alone."""
    locale = _locale(language)
    names = dict(_SPELLINGS.get(language, {}))
    if locale is None:
        return names
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                names.setdefault(fold(name).strip(" ."), number)
    return names


@lru_cache(maxsize=64)
def _days(language: str) -> dict[str, frozenset[int]]:
    locale = _locale(language)
    names: dict[str, frozenset[int]] = {}
    if locale is None:
        return names
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated", "short"):
            for number, name in locale.days[context][width].items():
                word = fold(name).strip(" .")
                for form in (word, word.split(" ")[-1], word.split("-")[0]):
                    names[form] = names.get(form, frozenset()) | {number}
    return names


def primary(language: str) -> str:
    """Return "cy" of "cy-GB"."""
    return language.partition("-")[0].lower()


def _locale(language: str) -> Locale | None:
    from babel import Locale, UnknownLocaleError  # most feeds are English, and do without

    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError, TypeError):
        return None
