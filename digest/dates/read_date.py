"""One date read: `DateReader.read` tries each form of `FORMS`; the first that holds the whole text decides."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from urllib.parse import unquote

from digest.dates.fold import fold
from digest.dates.names import days_of, month_of, primary
from digest.dates.zones import NAMES, read_zone, split_place

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the web there were no posts: an earlier date is a default that somebody forgot to set."""
_LATEST_YEAR = 9998
"""So that no zone moves a date beyond what Python can say."""
_LONGEST = 100
"""Characters. A longer text is no date."""
_CENTURY_TURNS = 90
"""Two digits from here on are of the 1990s: what was earlier is none of ours."""

# --- What forms are made of -------------------------------------------------------------------------------------------

_WORD = r"(?<![^\W\d_])[^\W\d_]++"
_WEEKDAY = rf"(?:(?P<weekday>{_WORD}(?:[ -]{_WORD})?)\.?,? ?)?"
_DAY = r"(?P<day>[0-9]{1,2})(?:(?:st|nd|rd|th|er|re|o|a|af|il|ydd|ed|eg|fed)(?![^\W\d_]))?\.?"
_MONTH = rf"(?P<month>{_WORD}(?: fomhair)?)\.?"  # Irish has two that are two words
_YEAR = r"'?(?P<year>[0-9]{4}|[0-9]{2})(?![0-9])"
_WHOLE_YEAR = r"(?P<year>[0-9]{4})(?![0-9])"
_GAP = r"[ ,/-]{1,3}"
_OF = r"(?:(?:of|de|del|o) |d')?"

_MORNING = ("am", "a.m.", "a. m.", "a.m", "yb", "de.", "π.μ.", "πμ", "오전", "上午", "午前")
_AFTERNOON = ("pm", "p.m.", "p. m.", "p.m", "yh", "du.", "μ.μ.", "μμ", "오후", "下午", "午後")
_HALF = "|".join(re.escape(fold(half)) for half in (*_MORNING, *_AFTERNOON))
_EARLY = frozenset(map(fold, _MORNING))
_TIME = (
    rf"(?:(?P<half_before>{_HALF}) ?)?"
    r"(?P<hour>[0-9]{1,2})"
    r"(?:[:.h](?P<minute>[0-9]{1,2})(?:[:.m](?P<second>[0-9]{1,2})(?:[.,:](?P<fraction>[0-9]{1,12}))?)?(?![0-9])"
    rf"|(?= ?(?:(?:{_HALF}|h|uhr|uur)(?![^\W\d_])|[+-][0-9]{{4}}$)))"  # an hour alone has to say that it is one
    rf"(?: ?(?P<half>{_HALF})(?![^\W\d_]))?(?: ?(?:uhr|uur|hrs?|h)(?![^\W\d_]))?"
)
_AT = r"(?:(?:at|um|a las|a la|a|alle ore|alle|ore|om|as|am|klo|kl\.?|@) ?)?"
_THEN_TIME = rf"(?: ?t ?|_|(?<=[0-9]{{4}}):| ?[,;|·•] ?| [/-] | ){_AT}{_TIME}"
_ZONE = r"(?::(?=[+-]))?(?: ?(?P<zone>\S.*))?"
_ZONE_AFTER = r"(?: ?(?P<zone_after>\S.*))?"
_PLAIN_ZONE = rf"(?:,? ?(?P<zone>(?:gmt|utc)?[+-][0-9]{{1,2}}:?(?:[0-9]{{2}})?|(?:{NAMES})(?![^\W\d_])))?"
_TIME_FIRST = rf"{_TIME}{_PLAIN_ZONE},? ?(?:- ?)?(?:on )?"

_DATES = {
    "year first": rf"{_WEEKDAY}{_WHOLE_YEAR}(?P<s>[-/:]|\. ?)(?P<number>[0-9]{{1,2}})(?P=s)(?P<day>[0-9]{{1,2}})\.?",
    "day, month's name, year": rf"{_WEEKDAY}{_DAY}[ ,/-]{{0,3}}{_OF}{_MONTH}[ ,/-]{{0,3}}{_OF}{_YEAR}\.?",
    "month's name, day, year": rf"{_WEEKDAY}{_MONTH}[ /-]{{0,3}}{_DAY}{_GAP}{_YEAR}",
    "year, month's name, day": rf"{_WEEKDAY}{_WHOLE_YEAR}\.?{_GAP}{_MONTH}{_GAP}{_DAY}(?:, {_WORD})?",
    "numbers": rf"{_WEEKDAY}(?P<first>[0-9]{{1,2}})(?P<s>[-/ ]|\. ?)(?P<last>[0-9]{{1,2}})(?P=s){_WHOLE_YEAR}",
    "numbers, short year": rf"{_WEEKDAY}(?P<first>[0-9]{{1,2}})(?P<s>[/.])(?P<last>[0-9]{{1,2}})(?P=s){_YEAR}",
}
_WHOLE_FORMS = {
    "ISO, compact": r"(?P<year>[0-9]{4})(?P<number>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[t ]?(?P<hour>[0-9]{2}):?(?P<minute>[0-9]{2})"
    rf"(?::?(?P<second>[0-9]{{2}})(?:[.,](?P<fraction>[0-9]{{1,12}}))?)?)?{_ZONE}",
    "ISO, compact time": r"(?P<year>[0-9]{4})-(?P<number>[0-9]{2})-(?P<day>[0-9]{2})[t ]"
    rf"(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}})?(?![0-9]){_ZONE}",
    "ISO, day of the year": rf"(?P<year>[0-9]{{4}})-?(?P<ordinal>[0-9]{{3}})(?:{_THEN_TIME})?{_ZONE}",
    "ISO, week": rf"(?P<year>[0-9]{{4}})-?w(?P<week>[0-9]{{2}})-?(?P<of_week>[1-7])(?:{_THEN_TIME})?{_ZONE}",
    "asctime": rf"{_WEEKDAY}{_MONTH} {_DAY},? {_TIME}{_PLAIN_ZONE} {_WHOLE_YEAR}{_ZONE_AFTER}",
    "date(1)": rf"{_WEEKDAY}{_DAY} {_MONTH},? {_TIME}{_PLAIN_ZONE} {_WHOLE_YEAR}{_ZONE_AFTER}",
}
FORMS: dict[str, str] = dict(
    (
        *((f"{name}, time", rf"{form}(?:{_THEN_TIME})?{_ZONE}") for name, form in _DATES.items()),
        *_WHOLE_FORMS.items(),
        *(
            (f"time, {name}", rf"{_TIME}{_PLAIN_ZONE},? ?(?:- ?)?(?:on )?{form}{_ZONE_AFTER}")
            for name, form in _DATES.items()
        ),
    )
)
"""Patterns by name, in the order in which they are tried, over folded text. All are bounded by `_LONGEST`."""


@cache
def _form(name: str) -> re.Pattern[str]:
    """Compiled when a date needs it: the first form reads nearly all dates, and all of them take long."""
    return re.compile(FORMS[name])


_EPOCH = re.compile(r"(?:/date\()?(?P<number>[0-9]{9,10}|[0-9]{13}|[0-9]{16})(?:\.[0-9]{1,9})?(?:\)/)?")
_UNITS = {9: 1, 10: 1, 13: 1_000, 16: 1_000_000}
"""Parts of a second, by the digits of an epoch."""
_CJK = (
    (re.compile(r"(?<=[0-9])\s*[년年월月]\s*"), "-"),
    (re.compile(r"(?<=[0-9])\s*(?:[시時时]|[분分]\s*(?=[0-9]))\s*"), ":"),
    (re.compile(r"(?<=[0-9])\s*[일日분分초秒]\s*"), " "),
)
"""Marks behind the numbers of a Chinese, Japanese or Korean date."""
_ESCAPED = re.compile(r"%(?:20|2[bB]|2[fF]|3[aA])|&#?\w{2,8};")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_QUOTED = re.compile(r"""(["'(\[])([^"'()\[\]]*)["')\]]""")
"""Quotes and brackets around all there is."""
_SIGN_LOST = re.compile(r"0[0-3]:?00")
"""An offset of Europe whose "+" became a blank in somebody's address."""
_LABEL = re.compile(rf"{_WORD}(?: {_WORD}){{0,2}}: ?")
"""What a page's template puts before its date: "Published:"."""
_NUMBERS = ("numbers", "numbers, short year")


@dataclass(frozen=True, slots=True)
class DateReader:
    """How the dates of one feed or page are read.

    A time without a zone is in UTC, as most programs that leave the zone out mean it and all other feed readers read
    it. A date without a time is that day in `zone`: midnight UTC where this is the same day there, else midnight in
    `zone`.
    """

    language: str = ""  # BCP 47
    zone: tzinfo = UTC
    day_first: bool = True  # 2/3/2024 is in March

    def read(self, text: str) -> datetime | None:
        """Return the moment in UTC; None where the text cannot be read whole. Never raises."""
        if not text or len(text) > _LONGEST:
            return None
        text, place = split_place(text)
        folded = _folded(text)
        match = _EPOCH.fullmatch(folded)
        if match:
            return _from_epoch(match["number"])
        for form in FORMS:
            match = _form(form).fullmatch(folded)
            moment = self._moment(match.groupdict(), place) if match else None
            if moment is not None:
                return moment if moment >= EARLIEST else None
        return None

    def _moment(self, parts: dict[str, str | None], place: tzinfo | None) -> datetime | None:
        named = parts.get("zone") or parts.get("zone_after") or ""
        if parts.get("hour") is not None and _SIGN_LOST.fullmatch(named):
            named = f"+{named}"
        zone = read_zone(named, self.language) if named else place
        if named and zone is None:
            return None
        try:
            day = self._day(parts)
            if day is None or day.year > _LATEST_YEAR:
                return None
            if parts.get("hour") is None:
                return self._midnight(day, zone)
            clock = _clock(parts)
            return None if clock is None else (datetime.combine(day, time(), zone or UTC) + clock).astimezone(UTC)
        except (ValueError, OverflowError):
            return None  # the 31st of February, half past 25

    def _midnight(self, day: date, zone: tzinfo | None) -> datetime:
        if zone is not None:
            return datetime.combine(day, time(), zone).astimezone(UTC)
        return max(datetime.combine(day, time(), each).astimezone(UTC) for each in (UTC, self.zone))

    def _day(self, parts: dict[str, str | None]) -> date | None:
        year = _year(parts["year"] or "")
        if parts.get("ordinal"):
            day = date(year, 1, 1) + timedelta(days=int(parts["ordinal"] or 0) - 1)
            return day if day.year == year else None
        if parts.get("week"):
            return date.fromisocalendar(year, int(parts["week"] or 0), int(parts["of_week"] or 0))
        if parts.get("first"):
            readings = _readings(parts)
            weekdays = _weekdays(parts, primary(self.language))
            ordered = [readings[order] for order in (self.day_first, not self.day_first) if order in readings]
            fitting = [day for day in ordered if day.weekday() in weekdays]
            return next(iter(fitting or ordered), None)
        number = parts.get("number")
        month = int(number) if number else month_of(parts["month"] or "", primary(self.language))
        return None if month is None else date(year, month, int(parts["day"] or 0))


def is_day_first(texts: Iterable[str], language: str = "") -> bool:
    """Whether numbers such as 2/3/2024 begin with the day: they do, unless dates beside them show the opposite.

    A date shows it where it has only one reading, or only one that fits the day of the week that it names.
    """
    evidence: set[bool] = set()
    for text in texts:
        folded = _folded(text) if len(text) <= _LONGEST else ""
        for name in _NUMBERS:
            match = _form(f"{name}, time").fullmatch(folded) or _form(f"time, {name}").fullmatch(folded)
            if match is None:
                continue
            parts = match.groupdict()
            readings = _readings(parts)
            weekdays = _weekdays(parts, primary(language))
            fitting = [order for order, day in readings.items() if day.weekday() in weekdays] or list(readings)
            if len(fitting) == 1:
                evidence.update(fitting)
            break
    return evidence != {False}


@lru_cache(maxsize=2 * 1024)
def _folded(text: str) -> str:
    """Kept for a feed: its dates are looked at for the order of their numbers, then read."""
    if not text.isascii():
        for mark, plain in _CJK:
            text = mark.sub(plain, text)
    if _ESCAPED.search(text):
        text = entities.unescape(unquote(text))
    folded = fold(_TAG.sub(" ", text)).strip(" ,;")
    quoted = _QUOTED.fullmatch(folded)
    if quoted:
        folded = quoted[2]
    label = _LABEL.match(folded)
    return folded[label.end() :] if label else folded


def _readings(parts: dict[str, str | None]) -> dict[bool, date]:
    """The days that two numbers and a year may be, by whether the day comes first."""
    first, last, year = int(parts["first"] or 0), int(parts["last"] or 0), _year(parts["year"] or "")
    readings: dict[bool, date] = {}
    for day_first, day, month in ((True, first, last), (False, last, first)):
        try:
            readings[day_first] = date(year, month, day)
        except ValueError:
            continue
    return readings


def _weekdays(parts: dict[str, str | None], language: str) -> frozenset[int]:
    words = re.split(r"[ -]", parts.get("weekday") or "")
    return frozenset().union(*(days_of(word, language) for word in words))


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= _CENTURY_TURNS else 2000)


def _clock(parts: dict[str, str | None]) -> timedelta | None:
    """Time since midnight; None for what no clock shows. A leap second is read as the second before it."""
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = parts.get("half") or parts.get("half_before")
    if half and hour <= 12:
        hour = hour % 12 + (0 if half in _EARLY else 12)
    elif half in _EARLY:
        return None
    microseconds = int((parts.get("fraction") or "")[:6].ljust(6, "0"))
    clock = timedelta(hours=hour, minutes=minute, seconds=min(second, 59), microseconds=microseconds)
    return clock if minute < 60 and second <= 60 and clock <= timedelta(days=1) else None


def _from_epoch(digits: str) -> datetime | None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(digits) * 1_000_000 // _UNITS[len(digits)])
    return moment if moment >= EARLIEST else None
