"""Marks in shared memory: which messages of a run may have got their final dot.

SMTP gives a server the message with the last byte of the final dot. After a `kill -9` the store shows which deliveries
were claimed, but not how far each had come. So each connection has a mark, eight bytes in a small file beside the
store, and sets it to the claim of its message before the dot may leave. The file is mapped into memory: what a process
has written there survives the process, though not the machine.

    one file a run, sending-<12 digits>.marks:
    header, 1,024 bytes     claimant, boot id, inode, number of marks
    mark, 8 bytes each      48 bits: delivery and attempt; 16 bits: a checksum of these and of the claimant

A claim of a dead run without a mark did not reach the dot. This is believed only where nothing speaks against it. The
file is that of this very claimant, inode and start of the machine; it is whole, and so is every mark; the disk reports
no lost write. And no process of the run lives: each holds a shared lock (flock) on the file for as long as it could
set a mark, and the system takes the lock away when the process has ended. In every other case the deliveries are
uncertain.

The file's blocks are written before the first claim. A file system that copies on write may still have no room for a
mark: then the system ends the process (SIGBUS) before the dot has left.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import mmap
import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from digest.boot_id import boot_id

fcntl: Any = None
with contextlib.suppress(ImportError):  # Windows has no such locks, so no marks
    fcntl = importlib.import_module("fcntl")

_MAGIC = b"digest marks 1\n"
_HEADER = 1024  # bytes; a multiple of eight, so that each mark is aligned and one store writes it whole
_MARK = 8
_UNREADABLE = (OSError, ValueError, RecursionError)  # the last from JSON that nests deeply
_MOST_MARKS = 10_000  # of a file that is believed
_POLL_SECONDS = 0.01
_NEWBORN_SECONDS = 3600.0  # an unfinished file may be one that another run is making


class MarksError(Exception):
    """The marks of a run cannot be made or cannot be believed; the text says why."""


class DotMarks:
    """The marks of one run, as one of its processes or threads has them. `words` may be set only by item assignment."""

    def __init__(
        self,
        path: Path | None,
        handle: int,
        memory: mmap.mmap | bytearray,
        claimant: str,
        part: slice = slice(None),
    ) -> None:
        self.path = path  # None: in the memory of this process only
        self.words = memoryview(memory)[_HEADER:].cast("Q")[part]
        self._handle = handle
        self._memory = memory
        self._salt = _salt(claimant)
        self.empty = self.word(0, 0)

    def word(self, delivery: int, attempts: int) -> int:
        """Return the mark for a delivery and its number of earlier attempts: together they name one claim of a run."""
        return _word(self._salt, delivery, attempts)

    def may_have_ended(self, delivery: int, attempts: int) -> bool:
        """Whether the final dot of this claim's message may have left."""
        return self.word(delivery, attempts) in self.words

    def release_lock(self) -> None:
        """Say that no mark will be set from here any more."""
        if fcntl is not None and self.path is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Unmap the file and give up the lock. No mark may be set afterwards."""
        self.words.release()
        if isinstance(self._memory, mmap.mmap):
            self._memory.close()
            os.close(self._handle)
            self._memory = bytearray()

    @classmethod
    def in_memory(cls, number: int) -> Self:
        """Return marks that nobody else can read, for a run without a file."""
        marks = cls(None, -1, bytearray(_HEADER + number * _MARK), "")
        for place in range(number):
            marks.words[place] = marks.empty
        return marks

    @classmethod
    def create(cls, folder: Path, claimant: str, number: int) -> Self:
        """Make the file of a run before its first claim. Raises MarksError."""
        if fcntl is None or not boot_id():
            raise MarksError("this system has no file locks, or does not tell when it was started")
        name = ""
        handle = -1
        try:
            handle, name = tempfile.mkstemp(dir=folder, prefix=_UNFINISHED)
            fcntl.flock(handle, fcntl.LOCK_SH)
            empty = _word(_salt(claimant), 0, 0).to_bytes(_MARK, "little" if _LITTLE else "big")
            header = _header(claimant, os.fstat(handle).st_ino, number)
            with os.fdopen(handle, "wb", closefd=False) as file:
                # Written, not left as a hole: a full disk must show here, not as SIGBUS at the first mark.
                file.write(header + empty * number)
                file.flush()
                os.fsync(handle)
            memory = mmap.mmap(handle, _HEADER + number * _MARK)
            Path(name).rename(path_of(folder, claimant))
        except _UNREADABLE as error:
            if handle >= 0:
                os.close(handle)
                Path(name).unlink(missing_ok=True)
            raise MarksError(f"{folder} does not take them: {error}") from error
        return cls(path_of(folder, claimant), handle, memory, claimant)

    @classmethod
    def attach(cls, path: Path, part: slice = slice(None)) -> Self:
        """Open the file of a run in another of its processes or threads, for a part of the marks. Raises MarksError."""
        handle = _open(path)
        try:
            _share(path, handle)
            header = _read_header(path, handle)
            return cls(path, handle, mmap.mmap(handle, header.size), header.claimant, part)
        except _UNREADABLE as error:
            os.close(handle)
            raise MarksError(f"{path} cannot be used: {error}") from error
        except MarksError:
            os.close(handle)
            raise


@dataclass(frozen=True, slots=True)
class EndedRun:
    """What the marks of a dead run say."""

    salt: int
    words: frozenset[int]

    def may_have_ended(self, delivery: int, attempts: int) -> bool:
        """Whether the final dot of this claim's message may have left."""
        return _word(self.salt, delivery, attempts) in self.words


def read_ended(folder: Path, claimant: str, *, patience: float = 0.0) -> EndedRun:
    """Read the marks of a dead run. Its sender processes may live on for a moment: wait for them up to `patience`
    seconds.

    Raises MarksError where the file cannot be believed.
    """
    path = path_of(folder, claimant)
    handle = _open(path)
    try:
        until = time.monotonic() + patience
        while not _lock(handle, exclusive=True):
            if time.monotonic() >= until:
                raise MarksError(f"a process of that run holds {path}")
            time.sleep(_POLL_SECONDS)
        os.fsync(handle)  # raises if the disk has lost a write: the mark may be lost as well (fsync(2))
        header = _read_header(path, handle)
        if header.claimant != claimant:
            raise MarksError(f"{path} is of another run")
        # Mapped, as it was written: not every system shows in a file at once what was written to its mapping.
        with mmap.mmap(handle, header.size, access=mmap.ACCESS_READ) as memory:
            words = memory[_HEADER:]
    except _UNREADABLE as error:
        raise MarksError(f"{path} cannot be read: {error}") from error
    finally:
        os.close(handle)
    ended = EndedRun(_salt(claimant), frozenset(memoryview(words).cast("Q")))
    if any(word != _sealed(ended.salt, word >> 16) for word in ended.words):
        raise MarksError(f"{path} is damaged")
    return ended


def remove_ended(folder: Path, still_needed: frozenset[str]) -> None:
    """Remove the files of runs that have ended, but not of the claimants that are `still_needed`."""
    keep = {path_of(folder, claimant) for claimant in still_needed}
    for path in _files(folder):
        with contextlib.suppress(OSError, MarksError):
            if path in keep or (path.name.startswith(_UNFINISHED) and _age(path) < _NEWBORN_SECONDS):
                continue
            handle = _open(path)
            try:
                if _lock(handle, exclusive=True):
                    path.unlink()
            finally:
                os.close(handle)


def path_of(folder: Path, claimant: str) -> Path:
    """Return the file of a run: its name has the random part of the claimant's."""
    name = claimant.rpartition("|")[2]
    return folder / f"{_FINISHED}{name if name.isalnum() else 'unnamed'}{_SUFFIX}"


_UNFINISHED, _FINISHED, _SUFFIX = ".sending-", "sending-", ".marks"
_LITTLE = memoryview(b"\1\0\0\0\0\0\0\0").cast("Q")[0] == 1


def _files(folder: Path) -> Iterator[Path]:
    yield from folder.glob(f"{_FINISHED}*{_SUFFIX}")
    yield from folder.glob(f"{_UNFINISHED}*")


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _salt(claimant: str) -> int:
    return zlib.crc32(claimant.encode())


def _word(salt: int, delivery: int, attempts: int) -> int:
    return _sealed(salt, (delivery << 8 | attempts & 0xFF) & 0xFFFF_FFFF_FFFF)


def _sealed(salt: int, value: int) -> int:
    return value << 16 | zlib.crc32(value.to_bytes(6, "little"), salt) & 0xFFFF


@dataclass(frozen=True, slots=True)
class _Header:
    claimant: str
    size: int  # of the whole file, in bytes


def _header(claimant: str, inode: int, number: int) -> bytes:
    what = {"claimant": claimant, "boot": boot_id(), "inode": inode, "marks": number}
    header = _MAGIC + json.dumps(what).encode() + b"\n"
    if len(header) > _HEADER:
        raise ValueError("the claimant's name is too long")
    return header.ljust(_HEADER, b"\0")


def _read_header(path: Path, handle: int) -> _Header:
    """Raises MarksError for a file that is not whole, is a copy, or is from before the machine's last start."""
    status = os.fstat(handle)
    raw = os.pread(handle, _HEADER, 0)
    line, _, rest = raw.removeprefix(_MAGIC).partition(b"\n")
    plain = raw.startswith(_MAGIC) and len(raw) == _HEADER and not rest.strip(b"\0")
    what = json.loads(line) if plain else None
    if not isinstance(what, dict):
        raise MarksError(f"{path} is damaged")
    claimant, boot, inode, number = (what.get(key) for key in ("claimant", "boot", "inode", "marks"))
    if not isinstance(claimant, str) or not isinstance(number, int) or not 0 < number <= _MOST_MARKS:
        raise MarksError(f"{path} is damaged")
    if boot != boot_id():
        raise MarksError("the machine was started again since then")
    if inode != status.st_ino:
        raise MarksError(f"{path} is a copy")
    if status.st_size != _HEADER + number * _MARK:
        raise MarksError(f"{path} does not have its whole length")
    return _Header(claimant, status.st_size)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise MarksError(f"{path} cannot be opened: {error.strerror or error}") from error


def _share(path: Path, handle: int) -> None:
    if not _lock(handle, exclusive=False):
        raise MarksError(f"{path} is locked")


def _lock(handle: int, *, exclusive: bool) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
