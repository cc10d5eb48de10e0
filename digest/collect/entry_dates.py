"""The dates of a feed's entries, read together: what one of them shows holds for all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.dates.read_date import DateReader, is_day_first
from digest.text import clean_line

_EXAMPLE = 60  # characters of a date that is quoted


@dataclass(frozen=True, slots=True)
class DateTexts:
    """What an entry writes for its dates; "" where it writes none."""

    published: str = ""
    updated: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True)
class EntryDates:
    """In UTC; None where the entry does not say, or not so that it can be read whole."""

    published: datetime | None
    updated: datetime | None


def read_dates(texts: Sequence[DateTexts], *, language: str, zone: str) -> tuple[list[EntryDates], str]:
    """Return the dates of each entry, and a sentence for people about those that cannot be used, else "".

    `language` is the feed's; `zone` is the newsletter's, for dates without a time.
    """
    every = (text for each in texts for text in (each.published, each.updated, each.created))
    reader = DateReader(language, ZoneInfo(zone), is_day_first(every, language))
    dates: list[EntryDates] = []
    unread: list[str] = []
    for each in texts:
        published = reader.read(each.published)
        updated = published if each.updated == each.published else reader.read(each.updated)
        dates.append(EntryDates(published or updated or reader.read(each.created), updated))
        text = each.published or each.updated or each.created
        if text and not (published if each.published else dates[-1].published):
            unread.append(text)
    return dates, _explain(unread, len(texts))


def _explain(unread: Sequence[str], entries: int) -> str:
    if not unread:
        return ""
    example = clean_line(unread[0], limit=_EXAMPLE)
    return (
        f"Digest cannot use the dates of {len(unread)} of {entries} entries, such as “{example}”. It dates these posts "
        "by when they were updated, or else first seen."
    )
