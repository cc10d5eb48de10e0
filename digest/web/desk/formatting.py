"""Numbers, times and states in the words of the desk. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from digest.model import AuditEvent, DeliveryState, EditionStatus
from digest.text import plural
from digest.web.desk import approval_words
from digest.web.desk.article_view import sentence_url
from digest.week import Week
from digest.words.media_words import media_in_english

STATUS = {
    EditionStatus.DRAFT: "Draft",
    EditionStatus.HELD: "Held",
    EditionStatus.APPROVED: "Approved",
    EditionStatus.SENDING: "Sending",
    EditionStatus.SENT: "Sent",
    EditionStatus.SKIPPED: "Skipped",
}

DELIVERY = {
    DeliveryState.SENT: "accepted by the mail server",
    DeliveryState.QUEUED: "waiting",
    DeliveryState.SENDING: "being sent",
    DeliveryState.DEFERRED: "will be tried again",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNCERTAIN: "uncertain",
    DeliveryState.SUPPRESSED: "suppressed",
}

EVENTS: dict[str, str] = {
    AuditEvent.EDITORS_NOTIFIED: "editors notified",
    AuditEvent.MADE_ROOM: "swapped places",
    AuditEvent.UNPLACED: "back in ranked order",
    AuditEvent.MOVED: "moved to another theme",
    AuditEvent.HELD_BACK: "held for the next edition",
    AuditEvent.BROUGHT_BACK: "restored",
}
"""Events whose stored name, which never changes, is not what the desk says."""


def size(count: int) -> str:
    """Format a number of bytes; a kilobyte is 1,000 bytes, as in mail clients."""
    return f"{count} bytes" if count < 1_000 else f"{count / 1_000:.0f} kB"


def span(starts: datetime, ends: datetime) -> str:
    """Format the days of a week's window: "16–22 November 2026"."""
    last = ends - timedelta(microseconds=1)
    if starts.year != last.year:
        return f"{starts.day} {starts:%B %Y} – {last.day} {last:%B %Y}"
    if starts.month != last.month:
        return f"{starts.day} {starts:%B} – {last.day} {last:%B %Y}"
    return f"{starts.day}–{last.day} {last:%B %Y}"


def week_title(week: Week) -> str:
    return f"Week {week.number}"


def filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Return the template filters. Times are shown in the newsletter's time zone."""

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone)

    local_words: dict[str, Callable[..., Any]] = {
        "moment": lambda moment: f"{local(moment):%a} {local(moment).day} {local(moment):%b %Y, %H:%M}",
        "day": lambda moment: f"{local(moment):%a} {local(moment).day} {local(moment):%b}",
        "short": lambda moment: f"{local(moment).day} {local(moment):%b, %H:%M}",
        "clock": lambda moment: f"{local(moment):%H:%M}",
        "datetime_local": lambda moment: f"{local(moment):%Y-%m-%dT%H:%M}",
        "sentence_url": sentence_url,
        "iso": lambda moment: moment.isoformat(timespec="seconds"),
        "window": lambda edition: span(local(edition.starts), local(edition.ends)),
        "status_word": lambda status: STATUS[status],
        "event_word": lambda event: EVENTS.get(event, event),
        "delivery_word": lambda state: DELIVERY[state],
        "size": size,
        "media": media_in_english,
        "plural": plural,
        "week_title": week_title,
        "pace": pace,
    }
    return local_words | approval_words.filters(zone)


def pace(days: float | None) -> str:
    """Say how often a source publishes."""
    if days is None:
        return ""
    if days < 0.75:
        return "several posts a day"
    if days < 1.5:
        return "about a post a day"
    if days < 6:
        return f"a post every {days:.0f} days"
    if days < 10:
        return "about a post a week"
    return f"a post every {days / 7:.0f} weeks" if days < 45 else f"a post every {days / 30:.0f} months"
