"""After a crash: which deliveries are queued again, and which are uncertain.

A run that died leaves claims in the store, and beside it the marks of its connections (`digest.mail.smtp.dot_marks`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.clock import Clock
from digest.log import for_week
from digest.mail.smtp.dot_marks import DotMarks, EndedRun, MarksError, read_ended, remove_ended
from digest.model import Mailing
from digest.private_files import state_folder
from digest.store import claims, leases, shares
from digest.store.claims import Sweep
from digest.store.engine import Store

LOG = logging.getLogger(__name__)

_PATIENCE = 2.0  # seconds for the last of a dead run to end, and for others who read its marks: it takes milliseconds


@contextmanager
def run_marks(store: Store, folder: Path, claimant: str, mailing: Mailing, number: int) -> Iterator[DotMarks | None]:
    """Give a run its marks; None where there can be none. Afterwards remove the files that nobody needs any more.

    Without marks all that this run has under way when it crashes is uncertain. It sends all the same.
    """
    marks = _created(folder, claimant, mailing, number)
    try:
        yield marks
    finally:
        if marks is not None:
            marks.close()
    with store.reading() as connection:
        needed = claims.claimants(connection)
    remove_ended(folder, needed)


def _created(folder: Path, claimant: str, mailing: Mailing, number: int) -> DotMarks | None:
    try:
        state_folder(folder)
        return DotMarks.create(folder, claimant, number)
    except (OSError, MarksError) as error:
        for_week(LOG, mailing).warning(
            "There are no marks of what was sent: %s. If this run is killed, all that it has under way is uncertain.",
            error,
        )
        return None


def sweep_interrupted(
    store: Store, folder: Path, mailing: Mailing, clock: Clock, *, lease: str = "", by: str = ""
) -> Sweep:
    """End the claims of dead runs. Those of other machines, and of an earlier start of this one, become uncertain.

    While `by` holds `lease`, it is the only run that may send: whoever else has claims has lost the lease and counts as
    dead. If that run lives after all, its own results still settle its claims, and nothing is sent twice.
    """
    runs = _EndedRuns(folder, mailing)
    with store.reading() as connection:
        holders = claims.claimants(connection, mailing)
    for holder in holders:  # before the store is locked: reading may have to wait
        if leases.is_dead(holder):
            runs.look_up(holder)
    with store.writing() as connection:
        alone = bool(lease) and leases.holder(connection, lease) == by
        ended = shares.ended(connection, holders)

        def is_over(claimant: str) -> bool:
            return (alone and claimant != by) or claimant in ended or leases.is_dead(claimant)

        sweep = claims.sweep(connection, mailing, now=clock(), is_dead=is_over, may_have_ended=runs.may_have_ended)
    log = for_week(LOG, mailing)
    if sweep.queued:
        log.info("%d deliveries were interrupted before the end of their message: queued again.", sweep.queued)
    if sweep.uncertain:
        log.warning("%d deliveries were interrupted and are uncertain; they are not sent again.", sweep.uncertain)
    return sweep


class _EndedRuns:
    """The marks of dead runs, each read once."""

    def __init__(self, folder: Path, mailing: Mailing) -> None:
        self._folder = folder
        self._log = for_week(LOG, mailing)
        self._runs: dict[str, EndedRun | None] = {}

    def look_up(self, claimant: str) -> EndedRun | None:
        if claimant not in self._runs:
            patience = _PATIENCE if leases.is_dead(claimant) else 0.0  # a run that lives keeps its marks locked
            try:
                self._runs[claimant] = read_ended(self._folder, claimant, patience=patience)
            except MarksError as error:
                self._runs[claimant] = None
                self._log.warning("How far an interrupted run had come is not known: %s.", error)
        return self._runs[claimant]

    def may_have_ended(self, claimant: str, delivery: int, attempts: int) -> bool:
        run = self.look_up(claimant)
        return run is None or run.may_have_ended(delivery, attempts)
