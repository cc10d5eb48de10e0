"""A folder in which a backup is made or unpacked. One that a killed program left behind goes with the next."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PREFIX = ".digest-backup-"


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Make a folder in `folder` that only this user may list; remove it at the end. Raises OSError.

    It is on the same disk as what it becomes, so that a rename puts that in place.
    """
    _sweep(folder)
    made = Path(tempfile.mkdtemp(dir=folder, prefix=_PREFIX))
    handle = os.open(made, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove what programs left behind that have died: the system has taken their locks away."""
    for left in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # locked, gone, or not ours
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)
