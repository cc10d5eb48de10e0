"""Work that outlives a request: sending, and visiting links, go on in a thread while the page shows how far they are.

The thread decides nothing and keeps nothing that matters: the outbox in the store knows what was sent, so a desk that
is stopped in the middle loses no delivery, and `digest send` goes on where it stopped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from digest.errors import DigestError

LOG = logging.getLogger(__name__)


@dataclass
class Job:
    """One piece of work and what it said so far."""

    lines: list[str] = field(default_factory=list)
    failure: str = ""  # for people; "" while all is well
    running: bool = True
    stopped: bool = False  # the desk is closing: finish what is under way, leave the rest for another time

    def say(self, line: str) -> None:
        self.lines = [*self.lines[-19:], line]


class Jobs:
    """At most one job a name at a time; the last one of each name is remembered until the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._threads: dict[str, threading.Thread] = {}

    def start(self, name: str, work: Callable[[Job], None]) -> bool:
        """Begin `work` in a thread of its own; False where one of that name is at it already."""
        with self._lock:
            current = self._jobs.get(name)
            if current is not None and current.running:
                return False
            job = self._jobs[name] = Job()
            thread = threading.Thread(target=_run, args=(job, work), name=f"desk:{name}")
            self._threads[name] = thread
            thread.start()
        return True

    def wait(self, name: str, seconds: float) -> None:
        """Until the job of that name is done, or the seconds are over."""
        thread = self._threads.get(name)
        if thread is not None:
            thread.join(seconds)

    def of(self, name: str) -> Job | None:
        """The last job of that name as it is now.

        Look at it before what it changes: if it ends meanwhile, the page says that it runs, and asks again; the other
        way round the page would show the old state for good.
        """
        job = self._jobs.get(name)
        return None if job is None else replace(job)

    def finish(self) -> None:
        """Wait for what was begun: an orderly stop leaves no delivery in doubt."""
        for job in self._jobs.values():
            job.stopped = True
        for thread in self._threads.values():
            thread.join()


def _run(job: Job, work: Callable[[Job], None]) -> None:
    try:
        work(job)
    except DigestError as error:
        job.failure = str(error)
    except Exception:
        LOG.exception("the desk's background work failed")
        job.failure = "Something unexpected happened; the log says what."
    finally:
        job.running = False
