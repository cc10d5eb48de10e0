"""The file in the state folder that says up to which run each store has sent each mailing: `sent.json`."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from pydantic import TypeAdapter

from digest.errors import StoreError
from digest.private_files import state_folder
from digest.settings import Settings

_RUNS = TypeAdapter(dict[str, dict[str, int]])


def sent_file(settings: Settings) -> Path:
    return settings.state_folder / "sent.json"


def read_runs(path: Path) -> dict[str, dict[str, int]]:
    """Return the last run of each mailing, by store; nothing where there is no file. Raises StoreError."""
    try:
        return _RUNS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path}, which records what was sent, cannot be read: {error}.",
            "Restore the file. Delete it only if you are sure that the store is up to date.",
        ) from error


def write_runs(path: Path, runs: dict[str, dict[str, int]]) -> None:
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
