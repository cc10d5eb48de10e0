"""Files and folders that only the user who runs Digest may read: they have addresses, keys, or what leads to both."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TextIO


def private_folder(path: Path) -> None:
    """Create the folder, if there is none, for this user only. One that is there keeps its rights. Raises OSError."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, *, newline: str | None = None) -> TextIO:
    """Open a text file for writing that only this user may read, even if it was there with other rights."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o600)
    file = os.fdopen(handle, "w", encoding="utf-8", newline=newline)
    try:
        # A device or a pipe, such as /dev/stdout, keeps its rights.
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.fchmod(handle, 0o600)
    except OSError:
        file.close()
        raise
    return file
