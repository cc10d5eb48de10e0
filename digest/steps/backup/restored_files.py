"""Put the files of an unpacked backup in place. What is there already stays, or is kept aside."""

from __future__ import annotations

import filecmp
import itertools
import os
import shutil
from pathlib import Path

from digest.private_files import open_private, sync
from digest.steps.backup.manifest import ARCHIVE, TEMPLATES, relative


class Files:
    """The files of one restore, from the folder `work`, and what became of them. `stamp` is part of names aside."""

    def __init__(self, work: Path, stamp: str) -> None:
        self._work, self._stamp = work, stamp
        self.written: list[str] = []
        self.different: list[Path] = []
        self.aside: list[Path] = []

    def add(self, name: str, path: Path, *, private: bool = False) -> None:
        """Write a file, unless there is one: that stays as it is. Raises OSError."""
        if not path.exists():
            self.put(name, path, private=private)
        elif not filecmp.cmp(path, self._work / name, shallow=False):
            self.different.append(path)

    def put(self, name: str, path: Path, *, private: bool) -> None:
        """Write a file, in place of one that is there. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        copy_file(self._work / name, partial, private=private)
        partial.replace(path)
        sync(path.parent)
        folder = next((one for one in (TEMPLATES, ARCHIVE) if name.startswith(one)), "")
        depth = len(relative(name).parts) if folder else 0
        self.written.append(str(path.parents[depth - 1] if folder else path))

    def name_aside(self, path: Path) -> Path:
        """Return a name beside `path` that nothing has yet."""
        first = path.with_name(f"{path.name}.{self._stamp}")
        numbered = (first.with_name(f"{first.name}-{number}") for number in itertools.count(2))
        return next(one for one in itertools.chain([first], numbered) if not one.exists())


def copy_file(source: Path, target: Path, *, private: bool) -> None:
    """Copy a file and bring it to the disk. Raises OSError."""
    with source.open("rb") as read, open_private(target) if private else target.open("wb") as write:
        shutil.copyfileobj(read, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())
