"""Zones as dates write them: offsets, names, and both."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_HOURS = {
    "z": 0, "utc": 0, "tu": 0, "ut": 0, "gmt": 0, "zulu": 0,
    # Europe
    "wet": 0, "wez": 0, "bst": 1, "west": 1, "wesz": 1, "cet": 1, "mez": 1, "met": 1, "cest": 2, "mesz": 2, "mest": 2,
    "cedt": 2, "eet": 2, "oez": 2, "sast": 2, "eest": 3, "oesz": 3, "eedt": 3, "msk": 3, "msd": 4, "trt": 3,
    # North America
    "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "brt": -3, "art": -3,
    # Asia and the Pacific
    "ist": 5.5, "sgt": 8, "hkt": 8, "jst": 9, "kst": 9, "awst": 8, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11,
    "nzst": 12, "nzdt": 13,
}  # fmt: skip
"""Hours east of Greenwich. A name is taken at its word: "CET" is an hour in summer, too."""
_HOURS |= {
    "coordinated universal time": 0, "greenwich mean time": 0, "british summer time": 1, "gmt daylight time": 1,
    "irish standard time": 1, "western european standard time": 0, "western european summer time": 1,
    "central european standard time": 1, "central european time": 1, "central european summer time": 2,
    "eastern european standard time": 2, "eastern european time": 2, "eastern european summer time": 3,
    "eastern standard time": -5, "eastern daylight time": -4, "central standard time": -6, "central daylight time": -5,
    "mountain standard time": -7, "mountain daylight time": -6, "pacific standard time": -8,
    "pacific daylight time": -7,
}  # fmt: skip
_PLACES = {
    "uk time": "Europe/London",
    "gmt standard time": "Europe/London",  # as Windows calls it
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
"""Names that stay the same when the clocks change."""
_IST = {"ga": 1, "he": 2, "iw": 2}
"""Irish and Israeli feeds have an IST of their own."""

NAMES = "|".join(sorted([*_HOURS, *_PLACES], key=len, reverse=True))
"""Alternatives of a regular expression, the longer first."""
_MOST = timedelta(hours=14)
_OFFSET = re.compile(
    r"(?:(?:gmt|utc|ut|[a-z]{1,5}(?=[+-][0-9]{2}:?[0-9]{2})) ?)?(?P<sign>[+-])[ -]?"
    r"(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2})(?::?00)?)?"
    r"(?:z| ?\(.*\)| ?\[.*\]| [a-z]{1,5})?"
)
_NAME = re.compile(r"\(?(?P<name>[a-z]{1,5}|[a-z ]{2,40} time)\)?\+?(?: ?\(.*\)| ?\[.*\])?")
_PLACE = re.compile(
    r"[ \[(]((?:Africa|America|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)(?:/[\w+-]{1,30}){1,2})[\])]?"
)


def read_zone(text: str, language: str = "") -> tzinfo | None:
    """Return the zone that a folded text names; None where it names none that is known."""
    match = _OFFSET.fullmatch(text)
    if match:
        minutes = int(match["minutes"] or 0)
        offset = timedelta(hours=int(match["hours"]), minutes=minutes)
        if offset > _MOST or minutes > 59:
            return None
        return timezone(-offset if match["sign"] == "-" else offset)
    match = _NAME.fullmatch(text)
    if not match:
        return None
    name = match["name"]
    if name in _PLACES:
        return ZoneInfo(_PLACES[name])
    hours = _HOURS.get(name)
    if name == "ist":
        hours = 1 if language.lower() == "en-ie" else _IST.get(language[:2].lower(), hours)
    return None if hours is None else timezone(timedelta(hours=hours))


def split_place(text: str) -> tuple[str, tzinfo | None]:
    """Take the name of a place, such as Europe/London, out of a text that is not folded yet."""
    match = _PLACE.search(text) if "/" in text else None
    if match is None:
        return text, None
    try:
        zone = ZoneInfo(match[1])
    except (ValueError, OSError, KeyError):  # no such place
        return text, None
    return f"{text[: match.start()]} {text[match.end() :]}", zone
