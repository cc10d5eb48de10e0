"""The demo's clock: it can be set back, so that the weeks before the one shown are lived through by the real steps."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.clock import system_clock


class RehearsalClock:
    """Runs as the system's clock does, behind it by what `set_to` says; `catch_up` makes it the system's again."""

    def __init__(self) -> None:
        self._behind = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() - self._behind

    def set_to(self, moment: datetime) -> None:
        self._behind = system_clock() - moment

    def catch_up(self) -> None:
        self._behind = timedelta(0)
