"""So that the first change is as fast as all others: what it needs is read when the workbench is opened.

An edition's posts are read from the store and placed in the background, once in a process. The results are remembered,
each by all that it was made from; nothing is stored that a change would not store.
"""

from __future__ import annotations

from digest.steps.composing.compose import prepare
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.week import Week

_LONGEST_WAIT = 10  # seconds


def start(desk: Desk, week: Week) -> None:
    """Begin, unless that was done before."""
    if not desk.prepares or desk.jobs.latest(_name(week)) is not None:
        return

    def work(_job: Job) -> None:
        prepare(desk.context, week)

    desk.jobs.start(_name(week), work)


def wait(desk: Desk, week: Week) -> None:
    """Wait while that runs: a change would do the same once more beside it."""
    desk.jobs.wait(_name(week), _LONGEST_WAIT)


def _name(week: Week) -> str:
    return f"{week}/first change"
