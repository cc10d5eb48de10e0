"""What an answer's headers say about when to come again. Their names are in lower case."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime

_LONGEST = 1e9  # seconds; a number that no date and no wait of ours overflows with
_LONGEST_DATE = 100  # characters


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to be left alone; a date counts from the server's own."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,400}", value):
        return min(float(value), _LONGEST)
    until = _http_date(value)
    if until is None:
        return None
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), _LONGEST)


def _http_date(text: str) -> datetime | None:
    if len(text) > _LONGEST_DATE:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, LookupError, OverflowError):
        # An offset can carry a moment out of the years that datetime knows.
        return None


def fresh_for(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the server says that asking again is of no use."""
    value = headers.get("cache-control", "").lower()
    if re.search(r"no-store|no-cache", value):
        return None
    match = re.search(r"(?:^|[,\s])max-age\s{0,9}=\s{0,9}\"?([0-9]{1,9})", value)
    if not match:
        return None
    age = headers.get("age", "").strip()
    return max(0.0, float(match[1]) - (float(age) if re.fullmatch(r"[0-9]{1,9}", age) else 0.0))


def content_length(headers: Mapping[str, str]) -> int:
    """Bytes of the whole answer; 0 where the server does not say, or says it of a compressed form."""
    value = headers.get("content-length", "").strip()
    coded = headers.get("content-encoding", "").strip().lower() not in ("", "identity")
    return int(value) if re.fullmatch(r"[0-9]{1,15}", value) and not coded else 0
