"""Times and durations in the words of the approval. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Return the template filters. Times are in the newsletter's time zone."""
    return {
        "clock": lambda moment: f"{moment.astimezone(zone):%H:%M}",
        "long_moment": lambda moment: long_moment(moment.astimezone(zone)),
        "short_moment": lambda moment: f"{moment.astimezone(zone):%a %H:%M}",
        "duration": duration,
    }


def long_moment(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B} at {moment:%H:%M}"


def duration(seconds: float) -> str:
    """Say about how long something takes."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 45:
        return f"about {round(seconds, -1):.0f} seconds"
    if seconds < 90:
        return "about a minute"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.0f} hours"
