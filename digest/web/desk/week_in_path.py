"""The week that a URL of the desk names."""

from __future__ import annotations

from starlette.requests import Request

from digest.errors import UsageError
from digest.week import Week


def week_of(request: Request) -> Week:
    """Read the week from the path. Raises UsageError, also for another spelling: a page has one URL."""
    text = request.path_params["week"]
    week = Week.parse(text)
    if str(week) != text:
        raise UsageError(f"There is no edition {text}.", f"Write {week}.")
    return week
