"""Keep a store that was restored from a backup from sending again what it has forgotten.

Each store gets a name when it is first opened, and the name goes into a small file beside it (`sent.json`). Each
sending run gets the next number of its edition, first in the store, then in the file; only then is anything sent. A
store whose number is lower than the file's has been rolled back: what it calls queued may have gone out. A SQLite store
with a name that the file here does not know was copied here alone.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from digest.errors import StoreError
from digest.model import Mailing
from digest.steps.context import Context
from digest.store import deliveries, editions, identity


def register_store(context: Context) -> None:
    """Name a new store, and write the name down beside it: at its first opening, so that every backup has the name.

    Does nothing for a store that has one. Raises StoreError when the file cannot be written.
    """
    with context.store.reading() as connection:
        if identity.name(connection):
            return
    path = _path(context)
    with context.store.writing() as connection:
        runs = _read_runs(path)
        runs.setdefault(identity.ensure_name(connection), {})
        _write_runs(
            path, runs
        )  # before the name is committed: a crash in between leaves a name too many, not a file too few


def check_not_rolled_back(context: Context, mailing: Mailing) -> None:
    """Number this run of `mailing`, in the store and in the file.

    Raises StoreError when the store is older than what was sent from it, or was copied from another place.
    """
    register_store(context)
    path = _path(context)
    runs = _read_runs(path)
    with context.store.writing() as connection:
        store = identity.ensure_name(connection)
        number = identity.run_number(connection, mailing)
        runs_of_store = runs.get(store)
        if runs_of_store is None and context.store.is_sqlite:
            raise StoreError(
                f"The store was copied here without {path.name}. Deliveries of {mailing} that it lists as queued may "
                "already have been sent from the original.",
                f"Copy {path.name} from the folder of the original store. If there is none, run "
                f"`digest deliveries restored {mailing}`, then reconcile or retry.",
            )
        if number < (runs_of_store or {}).get(str(mailing), 0):
            raise StoreError(
                f"The store is older than the last run that sent from it. Deliveries of {mailing} that it lists as "
                "queued may already have been sent.",
                f"If it was restored from a backup, run `digest deliveries restored {mailing}`, "
                "then reconcile or retry.",
            )
        identity.set_run_number(connection, mailing, number + 1)
    runs.setdefault(store, {})[str(mailing)] = number + 1
    _write_runs(path, runs)


def accept_backup(context: Context, mailing: Mailing) -> int:
    """After a restored backup, on a person's word: what still waits becomes uncertain. Returns how many deliveries.

    A backup from before the audience was fixed has no deliveries: those who would get the edition now are uncertain.
    """
    path = _path(context)
    runs = _read_runs(path)
    now = context.clock()
    with context.store.writing() as connection:
        store = identity.ensure_name(connection)
        last_number = runs.get(store, {}).get(str(mailing), 0)
        number = max(identity.run_number(connection, mailing), last_number)
        identity.set_run_number(connection, mailing, number)
        may_have_gone = last_number > 0 or editions.find(connection, str(mailing)) is not None
        if may_have_gone and not mailing.correction and not deliveries.is_queued(connection, mailing):
            deliveries.queue(connection, mailing, now=now)
        doubtful = deliveries.mark_uncertain(connection, mailing, now=now)
    runs.setdefault(store, {})[str(mailing)] = number
    _write_runs(path, runs)
    return doubtful


def _path(context: Context) -> Path:
    return context.settings.state_folder / "sent.json"


def _read_runs(path: Path) -> dict[str, dict[str, int]]:
    try:
        runs: dict[str, dict[str, int]] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path}, which records what was sent, cannot be read: {error}.",
            "Restore the file. Delete it only if you are sure that the store is up to date.",
        ) from error
    return runs


def _write_runs(path: Path, runs: dict[str, dict[str, int]]) -> None:
    """Whole or not at all, and on the disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sent")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(runs, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise StoreError(
            f"{path}, which records what was sent, cannot be written: {error}.", "Make its folder writable."
        ) from error
