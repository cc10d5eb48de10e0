"""Public holidays of a country or of a part of one, from tables in the program: no network."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Protocol

_ENGLISH = ("en_GB", "en_US")  # the language of the desk and of messages, where the names are translated


class Holidays(Protocol):
    """Days off, by their names."""

    def name_of(self, day: date) -> str:
        """Return the holiday's name; "" for a day that is none."""

    def is_working_day(self, day: date) -> bool:
        """Whether the day is neither a holiday nor of the weekend."""


class PublicHolidays:
    """The holidays of one place, such as "GB-ENG"."""

    def __init__(self, place: str) -> None:
        """Raise ValueError, with a message for people, for a place that is not known."""
        import holidays  # late: loading it takes a third of a second, and few commands need it

        country, _, part = place.partition("-")
        known = holidays.list_supported_countries()
        if country not in known:
            raise ValueError(f'{place!r} is not known: write a country and its part, such as "GB-ENG" or "DE-BY"')
        if part and part not in known[country]:
            raise ValueError(f"{country} has no part {part!r}; it has {', '.join(known[country]) or 'none'}")
        languages = holidays.list_localized_countries().get(country, [])
        language = next((one for one in _ENGLISH if one in languages), None)
        self._days = holidays.country_holidays(country, subdiv=part or None, language=language)

    def name_of(self, day: date) -> str:
        return str(self._days.get(day) or "")

    def is_working_day(self, day: date) -> bool:
        return bool(self._days.is_working_day(day))


@lru_cache(maxsize=8)
def holidays_of(place: str) -> PublicHolidays:
    """Return the holidays of a place, read once. Raises ValueError for one that is not known."""
    return PublicHolidays(place)
