"""Run checks one after another. None of them ends the others: not by what it raises, and not by taking for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from queue import Empty, SimpleQueue

from digest.errors import DigestError
from digest.settings import Settings
from digest.steps.checks.line import Check, Line, error, warning

LOG = logging.getLogger(__name__)


def run_checks(
    checks: Iterable[Check],
    settings: Settings,
    now: datetime,
    *,
    broken: Collection[str] = (),
    left: list[threading.Thread] | None = None,
) -> Iterator[Line]:
    """Yield the lines of each check as they come; at the end, one for those that could not be made.

    `broken` names what could not be used of digest.toml: tables, or keys such as `smtp.port`. Threads that are still at
    work when nobody waits for them any more are added to `left`.
    """
    skipped: dict[str, None] = {}
    for check in checks:
        if any(_covers(need, name) or _covers(name, need) for need in check.needs for name in broken):
            skipped[check.what] = None
        else:
            yield from _isolated(check, settings, now, [] if left is None else left)
    if skipped:
        yield warning("not checked", ", ".join(skipped), "Correct what is wrong in digest.toml first.")


def _covers(name: str, other: str) -> bool:
    """Whether `other` is the same key or table, or lies in it."""
    return other == name or other.startswith(f"{name}.")


def _isolated(check: Check, settings: Settings, now: datetime, left: list[threading.Thread]) -> Iterator[Line]:
    """Run the check in a thread of its own, which is left behind if it does not end in time."""
    lines: SimpleQueue[Line | None] = SimpleQueue()

    def work() -> None:
        try:
            for line in check.run(settings, now):
                lines.put(line)
        except DigestError as problem:
            lines.put(error(check.what, problem.what, problem.remedy))
        except BaseException as problem:
            LOG.debug("The check %s failed.", check.what, exc_info=True)
            reason = f"the check itself failed: {type(problem).__name__}: {problem}"
            lines.put(error(check.what, reason, "Run it with --verbose, and report what it says."))
        finally:
            lines.put(None)

    thread = threading.Thread(target=work, daemon=True, name=f"check {check.what}")
    thread.start()
    deadline = time.monotonic() + check.seconds
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            left.append(thread)
            yield error(
                check.what, f"no result within {check.seconds:g} seconds", "Run it again when less is going on."
            )
            return
        if line is None:
            return
        yield line
