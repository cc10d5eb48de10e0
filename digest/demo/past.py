"""Where the demo's history happens: its newsletter, and the clock that is set to each moment of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from digest.demo.rehearsal_clock import RehearsalClock
from digest.steps.context import Context
from digest.web.caught_mail import CaughtMailbox
from digest.week import DAYS, Week


@dataclass(frozen=True, slots=True)
class Past:
    context: Context
    clock: RehearsalClock
    week: Week  # the one that the demo shows; the history's edition is of the week before
    mailbox: CaughtMailbox

    def go_to(self, week: Week, when: str) -> None:
        """Set the clock to "Tue 09:30" of a week."""
        day, _, hour = when.partition(" ")
        date = week.monday() + timedelta(days=DAYS.index(day.upper()))
        zone = self.context.settings.newsletter.zone
        self.clock.set_to(datetime.combine(date, time.fromisoformat(hour), zone).astimezone(UTC))
