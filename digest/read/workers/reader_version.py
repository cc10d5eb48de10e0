"""Which reader read a text: what was read by an older one is read again."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("trafilatura", "lxml")


@cache
def generation() -> str:
    """Changes with this package's code and data, and with the libraries that find the text."""
    libraries = " ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return hashlib.sha256(f"{libraries} {content_hash(Path(__file__).parents[1])}".encode()).hexdigest()


def content_hash(folder: Path) -> str:
    """A hash of the names and contents of all files in the folder and below; what Python compiled is left out."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        digest.update(b"%d %d " % (len(name), len(content)) + name + content)
    return digest.hexdigest()
