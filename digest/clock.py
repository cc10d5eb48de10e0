"""The clock, passed in wherever time matters. `$DIGEST_NOW` sets it for rehearsals, replays and tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from digest.errors import SettingsError

Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def clock_from_environment(environ: dict[str, str] | None = None) -> Clock:
    """The system's clock, or one that stands still at `$DIGEST_NOW` (ISO 8601; UTC where it names no offset)."""
    value = (os.environ if environ is None else environ).get("DIGEST_NOW", "").strip()
    if not value:
        return system_clock
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise SettingsError(
            f"DIGEST_NOW is {value!r}, which is not a time.", "Write it as 2019-03-25T06:00:00+00:00, or unset it."
        ) from None
    fixed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return lambda: fixed
