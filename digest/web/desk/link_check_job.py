"""Visiting an edition's links in the background: begun when its workbench is opened, or when the editor asks for it.

The page is drawn at once, with what was known before; what the visit brings is kept by the step, and shown next.
"""

from __future__ import annotations

from dataclasses import replace

from digest.steps.editing.check_links import ALL
from digest.steps.editing.edition_view import load, with_links
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk


def begin(desk: Desk, week: str, *, by: str = "digest", again: bool = False) -> bool:
    """Visit the links that were not visited lately (or all, `again`); False where that is under way already."""

    def work(job: Job) -> None:
        context = replace(desk.context, report=job.say)
        with_links(context, load(context, week), by=by, again=again, stop=lambda: job.stopped)

    return desk.jobs.start(_name(week), work)


def job(desk: Desk, week: str) -> Job | None:
    """The visit that is under way, or the last one."""
    return desk.jobs.of(_name(week))


def wait(desk: Desk, week: str) -> None:
    """Until a visit that is under way is over; as long as one may take, and no longer."""
    desk.jobs.wait(_name(week), ALL)


def _name(week: str) -> str:
    return f"{week}/links"
