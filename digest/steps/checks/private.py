"""The rights of files that nobody else may read."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from digest.steps.checks.line import Line, warning


def rights(what: str, path: Path) -> Iterator[Line]:
    """Warn if others than its owner may read or write the file."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return  # whoever needs the file says so
    if mode & 0o077:
        yield warning(
            what, f"{path} has the rights {mode:04o}: other users may use it", f"`chmod 600 {shlex.quote(str(path))}`"
        )
