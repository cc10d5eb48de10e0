"""Work that outlives a request: sending, and checking links, run in a thread while the page shows their progress.

The thread decides nothing and keeps nothing that matters: the outbox in the store knows what was sent. A desk that is
stopped halfway loses no delivery, and `digest send` goes on where it stopped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from digest.errors import DigestError
from digest.log import listening

LOG = logging.getLogger(__name__)
_LINES = 20  # kept of what a job reports


@dataclass
class Job:
    """One piece of work, and what it has reported."""

    lines: list[str] = field(default_factory=list)
    failure: str = ""  # for people; "" while all is well
    running: bool = True
    stopping: bool = False  # the desk is closing: finish what is under way and leave the rest
    again: bool = False  # once it has ended, do the work once more

    def report(self, line: str) -> None:
        self.lines = [*self.lines[-(_LINES - 1) :], line]


class BackgroundJobs:
    """At most one running job per name. The last job of each name is remembered until the next starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._threads: dict[str, threading.Thread] = {}

    def start(self, name: str, work: Callable[[Job], None], *, again: bool = False) -> bool:
        """Begin `work` in a thread; False if a job of that name is running.

        With `again`, a running job then does its work once more: it may be about to end.
        """
        with self._lock:
            current = self._jobs.get(name)
            if current is not None and current.running:
                current.again = current.again or again
                return False
            job = self._jobs[name] = Job()
            thread = threading.Thread(target=self._run, args=(job, work), name=f"desk:{name}")
            self._threads[name] = thread
            thread.start()
        return True

    def wait(self, name: str, seconds: float) -> None:
        """Wait for the job of that name, for so many seconds at most."""
        thread = self._threads.get(name)
        if thread is not None:
            thread.join(seconds)

    def latest(self, name: str) -> Job | None:
        """Return a copy of the latest job of that name.

        Call it before reading what the job changes. If the job ends in between, the page says that it is running and
        asks again; the other way round, the page would go on showing the old state.
        """
        job = self._jobs.get(name)
        return None if job is None else replace(job)

    def finish(self) -> None:
        """Ask all jobs to stop, and wait for them: an orderly stop leaves no delivery uncertain."""
        for job in self._jobs.values():
            job.stopping = True
        for thread in self._threads.values():
            thread.join()

    def _run(self, job: Job, work: Callable[[Job], None]) -> None:
        while True:
            _do(job, work)
            with self._lock:
                if not job.again or job.stopping:
                    job.running = False
                    return
                job.again = False


def _do(job: Job, work: Callable[[Job], None]) -> None:
    job.failure = ""
    try:
        with listening(job.report):
            work(job)
    except DigestError as error:
        job.failure = str(error)
    except Exception:
        LOG.exception("A background job of the desk failed")
        job.failure = "Something unexpected happened. See the log."
