"""A witness outside the store: a store that was restored from a backup must not send again what it has forgotten.

Each sending run gets the next number of its edition, first in the store, then in a small file beside it; only then is
anything sent. A store whose number is lower than the file's has been rolled back: what it calls queued may have gone
out. A SQLite store that was sent from, without its file, was copied here alone.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from digest.errors import StoreError
from digest.steps.context import Context
from digest.store import deliveries, leases

_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_STORE = "store"


def attest(context: Context, name: str) -> None:
    """Number this run of `name` (a week or a correction), in the store and in the file.

    Raises StoreError when the store is older than what was sent from it.
    """
    path = _path(context)
    seen = _read(path)
    with context.store.writing() as connection:
        store = leases.acquire(connection, _STORE, _new_id(connection), now=context.clock(), until=_FAR)
        number = _number(connection, name)
        known = seen.get(store)
        rolled_back = number < (known or {}).get(name, 0)
        alone = known is None and number > 0 and context.store.is_sqlite
        if rolled_back or alone:
            raise StoreError(
                f"The store is older than what was sent from it, or was copied here: deliveries of {name} that it "
                "calls queued may have gone out.",
                f"If it was restored from a backup: `digest deliveries restored {name}`, then reconcile or retry.",
            )
        leases.put(connection, f"run:{name}", str(number + 1), until=_FAR)
    seen.setdefault(store, {})[name] = number + 1
    _write(path, seen)


def accept_restored(context: Context, name: str) -> int:
    """After a restored backup, on a person's word: what still waits becomes uncertain. Returns how many deliveries."""
    path = _path(context)
    seen = _read(path)
    now = context.clock()
    with context.store.writing() as connection:
        store = leases.acquire(connection, _STORE, _new_id(connection), now=now, until=_FAR)
        number = max(_number(connection, name), seen.get(store, {}).get(name, 0))
        leases.put(connection, f"run:{name}", str(number), until=_FAR)
        doubtful = deliveries.doubt(connection, name, now=now)
    seen.setdefault(store, {})[name] = number
    _write(path, seen)
    return doubtful


def _new_id(connection: Connection) -> str:
    return leases.holder(connection, _STORE) or uuid.uuid4().hex


def _number(connection: Connection, name: str) -> int:
    return int(leases.holder(connection, f"run:{name}") or 0)


def _path(context: Context) -> Path:
    return context.settings.state_folder / "sent.json"


def _read(path: Path) -> dict[str, dict[str, int]]:
    try:
        found: dict[str, dict[str, int]] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path}, which remembers what was sent, cannot be read: {error}.", "Restore it, or remove it on purpose."
        ) from error
    return found


def _write(path: Path, seen: dict[str, dict[str, int]]) -> None:
    """Whole or not at all, and on the disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sent")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(seen, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise StoreError(
            f"{path}, which remembers what was sent, cannot be written: {error}.", "Make its folder writable."
        ) from error
