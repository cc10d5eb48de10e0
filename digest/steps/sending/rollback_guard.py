"""Stop a store that was restored from a backup, or copied, from sending an edition twice.

Each store gets a name when it is first opened. The name is also written into a small file in the state folder
(`sent.json`). Each sending run takes the next number of its mailing when it begins and when it ends, and writes it to
the store, then to the file. Nothing is sent

- from a store whose number is lower than that in the file: it is older than the last run, so its queued deliveries may
  have been sent;
- from a SQLite store whose name is not in the file: it was copied without it;
- from a PostgreSQL store that is in another database than the one for which it was accepted: a dump was loaded;
- from a store that `digest restore` has put here.

A person's command lets it send: `digest deliveries restored W`, or `digest deliveries accept`.
"""

from __future__ import annotations

from sqlalchemy import Connection

from digest.errors import StoreError
from digest.model import Mailing
from digest.steps.context import Context
from digest.steps.sending.sent_file import read_runs, sent_file, write_runs
from digest.store import identity


def register_store(context: Context) -> None:
    """Give a new store its name and write the name into the file, so that every backup has it.

    Does nothing for a store that has a name. Raises StoreError if the file cannot be written.
    """
    with context.store.reading() as connection:
        if identity.name(connection):
            return
    path = sent_file(context.settings)
    with context.store.writing() as connection:
        runs = read_runs(path)
        if not identity.name(connection):
            identity.ensure_name(connection)
            identity.accept_place(connection)
        runs.setdefault(identity.name(connection), {})
        write_runs(
            path, runs
        )  # before the name is committed: a crash in between leaves a name too many, not a file too few


def check_not_rolled_back(context: Context, mailing: Mailing) -> None:
    """Take the next run number of `mailing`, in the store and in the file, before the first message.

    Raises StoreError if the store is older than the last run, was copied from another place, or was restored.
    """
    register_store(context)
    path = sent_file(context.settings)
    runs = read_runs(path)
    with context.store.writing() as connection:
        store = identity.name(connection)
        if reason := obstacle(connection, runs):
            raise StoreError(f"{reason} {mailing} may have been sent from the original since.", _remedy(mailing))
        if identity.run_number(connection, mailing) < runs.get(store, {}).get(str(mailing), 0):
            raise StoreError(
                f"The store is older than the last run that sent from it. Deliveries of {mailing} that it lists as "
                "queued may already have been sent.",
                f"If it was restored from a backup, run `digest deliveries restored {mailing}`, "
                "then reconcile or retry.",
            )
        if not identity.place(connection):  # of a store from before it had one
            identity.accept_place(connection)
    end_run(context, mailing)


def end_run(context: Context, mailing: Mailing) -> None:
    """Take the next number of `mailing`: a copy of the store that was made during the run is older than its end."""
    path = sent_file(context.settings)
    with context.store.writing() as connection:
        number = identity.run_number(connection, mailing) + 1
        identity.set_run_number(connection, mailing, number)
        store = identity.name(connection)
    runs = read_runs(path)
    runs.setdefault(store, {})[str(mailing)] = number
    write_runs(path, runs)


def obstacle(connection: Connection, runs: dict[str, dict[str, int]]) -> str:
    """Return why nothing may be sent from this store here, given what `sent.json` says; "" if it may."""
    moment = identity.restored_from(connection)
    if moment is not None:
        return f"The store was restored from a backup of {moment:%Y-%m-%d %H:%M} UTC."
    known = identity.name(connection) in runs
    present, accepted = identity.present_place(connection), identity.place(connection)
    if not present:
        return "" if known else "The store was copied here without sent.json."
    if accepted:
        return "" if present == accepted else "The store was copied into this database from another one."
    return "" if known or not identity.has_sent(connection) else "The store may have been copied here from another one."


def obstacle_here(context: Context) -> str:
    """The same, for the store and the file of this newsletter."""
    with context.store.reading() as connection:
        return obstacle(connection, read_runs(sent_file(context.settings))) if identity.name(connection) else ""


def _remedy(mailing: Mailing) -> str:
    return (
        f"If the original may have sent {mailing} since the copy was made, run `digest deliveries restored {mailing}`,"
        " then reconcile or retry. If it has sent nothing since and will not, run `digest deliveries accept`."
    )
