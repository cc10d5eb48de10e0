"""The week that a URL of the desk names."""

from __future__ import annotations

from starlette.requests import Request

from digest.week import Week


def week_of(request: Request) -> Week:
    """Read the week from the path. Raises UsageError."""
    return Week.parse(request.path_params["week"])
