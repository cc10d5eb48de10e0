"""Files and folders that only the user who runs Digest may read: they have addresses, keys, or what leads to both."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def private_folder(path: Path, mode: int = 0o700) -> None:
    """Create the folder, if there is none, for this user only. One that is there keeps its rights. Raises OSError."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode, exist_ok=True)


def state_folder(path: Path) -> None:
    """Create the folder of a newsletter's state. Nobody else may list it, but a web server may reach the archive."""
    private_folder(path, 0o711)


def open_private(path: Path) -> BinaryIO:
    """Open a file for writing that only this user may read, even if it was there with other rights. Raises OSError."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        # A device or a pipe, such as /dev/stdout, keeps its rights.
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.fchmod(handle, 0o600)
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "wb")


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk (fsync(2)). Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
