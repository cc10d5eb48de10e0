"""Numbers, times and states as the desk says them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from digest.model import DeliveryState, EditionStatus, Outcome
from digest.web.desk.article_view import at_sentence
from digest.week import Week

STATUS = {
    EditionStatus.DRAFT: "Draft",
    EditionStatus.HELD: "Held",
    EditionStatus.APPROVED: "Approved",
    EditionStatus.SENDING: "Sending",
    EditionStatus.SENT: "Sent",
    EditionStatus.SKIPPED: "Skipped",
}

OUTCOME = {
    Outcome.OK: "Well",
    Outcome.UNCHANGED: "Well",
    Outcome.PARTIAL: "Damaged",
    Outcome.GONE: "Gone",
    Outcome.ERROR: "Failing",
}

DELIVERY = {
    DeliveryState.SENT: "taken by the mail server",
    DeliveryState.QUEUED: "waiting",
    DeliveryState.SENDING: "under way",
    DeliveryState.DEFERRED: "to be tried again",
    DeliveryState.FAILED: "refused for good",
    DeliveryState.UNCERTAIN: "uncertain",
    DeliveryState.SUPPRESSED: "suppressed",
}


def size(count: int) -> str:
    """Bytes as people say them; kilobytes are thousands, as mail clients count."""
    return f"{count} bytes" if count < 1_000 else f"{count / 1_000:.0f} kB"


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def span(starts: datetime, ends: datetime) -> str:
    """The days of a window: "16–22 November 2026"."""
    last = ends - timedelta(microseconds=1)
    if starts.year != last.year:
        return f"{starts.day} {starts:%B %Y} – {last.day} {last:%B %Y}"
    if starts.month != last.month:
        return f"{starts.day} {starts:%B} – {last.day} {last:%B %Y}"
    return f"{starts.day}–{last.day} {last:%B %Y}"


def week_title(week: str) -> str:
    named = Week.parse(week)
    return f"Week {named.number}"


def filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """What the templates call these by. Moments are shown in the newsletter's time zone."""

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone)

    return {
        "moment": lambda moment: f"{local(moment):%a} {local(moment).day} {local(moment):%b %Y, %H:%M}",
        "day": lambda moment: f"{local(moment):%a} {local(moment).day} {local(moment):%b}",
        "short": lambda moment: f"{local(moment).day} {local(moment):%b, %H:%M}",
        "datetime_local": lambda moment: f"{local(moment):%Y-%m-%dT%H:%M}",
        "at_sentence": at_sentence,
        "iso": lambda moment: moment.isoformat(timespec="seconds"),
        "window": lambda edition: span(local(edition.starts), local(edition.ends)),
        "status_word": lambda status: STATUS[status],
        "outcome_word": lambda outcome: OUTCOME[outcome],
        "delivery_word": lambda state: DELIVERY[state],
        "size": size,
        "plural": plural,
        "week_title": week_title,
        "pace": pace,
    }


def pace(days: float | None) -> str:
    """How often a source publishes."""
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
