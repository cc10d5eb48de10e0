"""The field of a form that says until when to pause."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from digest.mail.rendering.dates import whole_day
from digest.subscribers.pause_dates import LONGEST, DateProblem, read_pause, today
from digest.web.public.site import PublicSite, TextForm
from digest.words.translations import Translations

_LONGEST_TEXT = 40  # characters of a date that the field keeps


def form_pause(site: PublicSite, form: TextForm, words: Translations) -> tuple[date | None, str]:
    """Return the day until which to pause, None for no day; and the key of the phrase that says what is wrong."""
    settings = site.context.settings
    until = read_pause(form.get("until", ""), settings.newsletter.zone, site.context.clock(), words.language)
    return (None, until.value) if isinstance(until, DateProblem) else (until, "")


def pause_values(site: PublicSite, form: TextForm | None, until: datetime | None = None) -> dict[str, Any]:
    """Return what the field shows: what was typed, else when a pause ends; and between which days it may be."""
    zone = site.context.settings.newsletter.zone
    day = today(zone, site.context.clock())
    stored = until.astimezone(zone).date().isoformat() if until else ""
    return {
        "until": form.get("until", "")[:_LONGEST_TEXT] if form else stored,
        "earliest": (day + timedelta(days=1)).isoformat(),
        "latest": (day + LONGEST).isoformat(),
    }


def end_of_pause(site: PublicSite, moment: datetime | None, words: Translations) -> str:
    """Return the day on which mails start again, such as "1 May 2027"; "" for none."""
    if moment is None:
        return ""
    return whole_day(moment, words.language, site.context.settings.newsletter.timezone)
