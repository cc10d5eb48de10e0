"""Stop a store that was restored from a backup from sending an edition twice.

Each store gets a name when it is first opened. The name is also written into a small file beside it (`sent.json`). Each
sending run takes the next number of its mailing and writes it to the store, then to the file; only then is anything
sent. If the number in the store is lower than that in the file, the store is older than the last run: its queued
deliveries may have been sent. If the file does not have the name of a SQLite store, the store was copied without it.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from digest.errors import StoreError
from digest.model import Mailing
from digest.private_files import state_folder
from digest.steps.context import Context
from digest.store import deliveries, editions, identity


def register_store(context: Context) -> None:
    """Give a new store its name and write the name into the file, so that every backup has it.

    Does nothing for a store that has a name. Raises StoreError if the file cannot be written.
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
    """Take the next run number of `mailing`, in the store and in the file.

    Raises StoreError if the store is older than the last run, or was copied from another place.
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
    """Accept a restored backup, on a person's command: mark waiting deliveries as uncertain. Return how many.

    A backup may be from before the edition was queued. Then it is queued now, and all its deliveries are uncertain.
    """
    path = _path(context)
    runs = _read_runs(path)
    now = context.clock()
    with context.store.writing() as connection:
        store = identity.ensure_name(connection)
        last_number = runs.get(store, {}).get(str(mailing), 0)
        number = max(identity.run_number(connection, mailing), last_number)
        identity.set_run_number(connection, mailing, number)
        composed = not mailing.correction and editions.find(connection, mailing.week) is not None
        may_have_gone = last_number > 0 or composed
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
    """Replace the file in one step, and only once it is on the disk."""
    try:
        state_folder(path.parent)
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
