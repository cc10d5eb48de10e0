"""The file of a backup: a zip, written aside, and read with distrust."""

from __future__ import annotations

import hashlib
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from digest.errors import StoreError
from digest.private_files import open_private
from digest.steps.backup.manifest import (
    LARGEST_MANIFEST,
    MANIFEST,
    MOST_FILES,
    FileEntry,
    Manifest,
    as_json,
    differences,
    is_allowed,
    read_manifest,
)

_PIECE = 1 << 20
_SPARE = 50_000_000  # bytes that stay free on the disk


class Packer:
    """Writes files into a new backup, and says what it wrote."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, strict_timestamps=False)
        self.files: dict[str, FileEntry] = {}

    def add(self, name: str, source: Path) -> None:
        """Add a file as it is now. Raises OSError."""
        with source.open("rb") as file:
            self._write(name, lambda: file.read(_PIECE))

    def add_bytes(self, name: str, data: bytes) -> None:
        pieces = iter((data, b""))
        self._write(name, lambda: next(pieces))

    def finish(self, manifest: Manifest) -> None:
        self._zip.writestr(_info(MANIFEST), as_json(manifest))
        self._zip.close()

    def _write(self, name: str, read: Callable[[], bytes]) -> None:
        if len(self.files) >= MOST_FILES:
            raise StoreError(f"There are more than {MOST_FILES:,} files to back up.", "Move some of the archive away.")
        size, digest = 0, hashlib.sha256()
        with self._zip.open(_info(name), "w", force_zip64=True) as target:
            while piece := read():
                target.write(piece)
                digest.update(piece)
                size += len(piece)
        self.files[name] = FileEntry(size, digest.hexdigest())


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | 0o600) << 16
    return info


def manifest_of(path: Path) -> Manifest:
    """Return what the backup says of itself, without reading all of it. Raises StoreError."""
    with _opened(path) as container:
        return _manifest(container)


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder, and compare every byte with the manifest. Raises StoreError."""
    with _opened(path) as container:
        manifest = _manifest(container)
        room = shutil.disk_usage(folder).free - _SPARE
        needed = sum(entry.size for entry in manifest.files.values())
        if needed > room:
            raise StoreError(
                f"The backup needs {needed:,} bytes in {folder.parent}; there is room for {max(0, room):,}.",
                "Make room on the disk.",
            )
        for name, entry in manifest.files.items():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with container.open(name) as source, open_private(target) as file:
                if _copied(source, file, entry.size) != entry:
                    raise StoreError(f"{name} in the backup is damaged.", "Take another backup.")
        return manifest


def _copied(source: IO[bytes], target: IO[bytes], size: int) -> FileEntry:
    """Copy at most one byte more than `size`, whatever the container promises."""
    digest, left = hashlib.sha256(), size + 1
    while left and (piece := source.read(min(_PIECE, left))):
        target.write(piece)
        digest.update(piece)
        left -= len(piece)
    return FileEntry(size + 1 - left, digest.hexdigest())


def _manifest(container: zipfile.ZipFile) -> Manifest:
    infos = container.infolist()
    names = [info.filename for info in infos]
    if len(names) > MOST_FILES + 1 or len({*names}) < len(names):
        raise StoreError("The backup has too many files, or one twice.", "Take another backup.")
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        is_plain = kind in (0, stat.S_IFREG) and not info.flag_bits & 1  # 1: encrypted
        if not is_plain or (info.filename != MANIFEST and not is_allowed(info.filename)):
            raise StoreError(f"{info.filename!r} has no place in a backup.", "Use a file that `digest backup` made.")
    if MANIFEST not in names or container.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise StoreError(f"The backup has no {MANIFEST}.", "Use a file that `digest backup` made.")
    with container.open(MANIFEST) as file:
        manifest = read_manifest(file.read(LARGEST_MANIFEST + 1))
    sizes = {info.filename: info.file_size for info in infos}
    problem = differences(manifest, names) or next(
        (f"{name} has another size" for name, entry in manifest.files.items() if sizes[name] != entry.size), ""
    )
    if problem:
        raise StoreError(f"The backup is damaged: {problem}.", "Take another backup.")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as container:
            yield container
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise StoreError(
            f"{path} is damaged, or no backup of Digest: {error}.", "Use a file that `digest backup` made."
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read, or not be unpacked: {error.strerror or error}.",
            "Check the path, and make room on the disk.",
        ) from error
