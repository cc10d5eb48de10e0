"""The files of pictures: beside the archive, each under a name that tells its bytes from all others."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from digest.model import EditionPost
from digest.settings import Settings

FOLDER = "images"
"""Of the archive, and of its URL."""


def pictures_folder(settings: Settings) -> Path:
    return settings.archive_folder / FOLDER


def missing_pictures(settings: Settings, posts: Iterable[EditionPost]) -> tuple[EditionPost, ...]:
    """Return those of the posts whose picture is not where it would be served from."""
    if not settings.has_pictures:
        return ()
    folder = pictures_folder(settings)
    return tuple(post for post in posts if post.picture and not (folder / post.picture.name).is_file())


def keep_picture(settings: Settings, content: bytes, suffix: str) -> str:
    """Write a picture, unless it is there, and return its name. Raises OSError."""
    name = f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    path = pictures_folder(settings) / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    return name


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that everybody may read. Nobody ever sees half of it. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
