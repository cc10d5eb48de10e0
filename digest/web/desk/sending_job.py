"""Sends an approved edition from the desk: at once, or when its time has come and nobody took the approval back.

Where Prefect plans the run (`wake`), the desk leaves sending to it. The thread that waits keeps nothing that matters:
the store says what is approved and when it is due. A desk that is stopped meanwhile sends nothing by itself afterwards;
its page says that the edition is due.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime

from digest.model import EditionStatus
from digest.steps.context import Context
from digest.steps.editing.send_time import planned
from digest.steps.sending.send import send as send_edition
from digest.store import approvals, editions
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.week import Week

_LOOK_SECONDS = 0.25
_LOOK_RARELY, _CLOSE = 5.0, 120.0  # seconds between looks while there is more time to go than the second


def start(desk: Desk, week: Week, *, manual: bool = True, again: bool = False) -> bool:
    """Begin to send; False if it is being sent already. With `again`, whoever is about to end looks once more."""

    def work(job: Job) -> None:
        if desk.send is not None:
            desk.send(desk.context, week)
        else:
            send_edition(desk.context, week, manual=manual, stopping=lambda: job.stopping)

    return desk.jobs.start(str(week), work, again=again)


def start_when_due(desk: Desk, week: Week) -> None:
    """Wait for the edition's time, then send it, unless its approval ends before."""

    def work(job: Job) -> None:
        if _wait(desk.context, week, job):
            start(desk, week, manual=False)

    desk.jobs.start(_name(week), work)


def is_waiting(desk: Desk, week: Week) -> bool:
    """Whether this desk will send the edition when its time has come."""
    job = desk.jobs.latest(_name(week))
    return job is not None and job.running


def _wait(context: Context, week: Week, job: Job) -> bool:
    """Return True once the edition is due, False if it will not be sent."""
    countdown: _Countdown | None = None
    while not job.stopping:
        if countdown is None or countdown.is_old:
            moment = _due(context, week)
            if moment is None:
                return False
            countdown = countdown.going_on() if countdown and countdown.moment == moment else _to(moment, context)
        if countdown.seconds <= 0 or context.clock() >= countdown.moment:
            return True
        time.sleep(min(_LOOK_SECONDS, countdown.seconds))
    return False


@dataclass(frozen=True, slots=True)
class _Countdown:
    """To a moment that was read from the store a moment ago, in seconds that really pass: the clock may stand still
    ($DIGEST_NOW)."""

    moment: datetime
    read_at: float
    deadline: float

    def going_on(self) -> _Countdown:
        """The same countdown, after the moment was read again."""
        return replace(self, read_at=time.monotonic())

    @property
    def seconds(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    @property
    def is_old(self) -> bool:
        """Whether the editor may have changed the time, or taken the approval back, meanwhile."""
        rarely = self.seconds > _CLOSE
        return time.monotonic() - self.read_at >= (_LOOK_RARELY if rarely else _LOOK_SECONDS)


def _to(moment: datetime, context: Context) -> _Countdown:
    now = time.monotonic()
    return _Countdown(moment, now, now + (moment - context.clock()).total_seconds())


def _due(context: Context, week: Week) -> datetime | None:
    """Return when the edition is to be sent; None if it is not approved, or being sent already."""
    with context.store.reading() as connection:
        row, approval = editions.find(connection, week), approvals.in_force(connection, week)
    if row is None or approval is None or row.status is not EditionStatus.APPROVED:
        return None
    return planned(context.settings, row, approval)


def _name(week: Week) -> str:
    return f"wait:{week}"
