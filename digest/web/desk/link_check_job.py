"""Checking an edition's links in the background: when its workbench is opened, or when the editor asks.

The page shows at once what was known before. The step keeps the results, and the page shows them when they are there.
"""

from __future__ import annotations

from digest.steps.editing.check_links import SECONDS_FOR_ALL_LINKS
from digest.steps.editing.edition_view import load, with_links
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.week import Week


def start(desk: Desk, week: Week, *, by: str = "digest", again: bool = False) -> bool:
    """Check the links that were not checked lately, or all if `again`; False if a check is running."""

    def work(job: Job) -> None:
        with_links(desk.context, load(desk.context, week), by=by, again=again, stop=lambda: job.stopping)

    return desk.jobs.start(_name(week), work)


def latest(desk: Desk, week: Week) -> Job | None:
    """Return the running check, or the last one."""
    return desk.jobs.latest(_name(week))


def wait(desk: Desk, week: Week) -> None:
    """Wait for a running check, as long as one may take."""
    desk.jobs.wait(_name(week), SECONDS_FOR_ALL_LINKS)


def _name(week: Week) -> str:
    return f"{week}/links"
