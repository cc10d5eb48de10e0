"""Change digest.toml by program, without losing people's comments and order.

The file is replaced as a whole, by one rename, and only if the result can be read as settings. Programs that change it
take turns: a lock is held on the very file that is replaced. `mark` is the mark of the file as somebody saw it
(`mark_of`): if it has changed since, nothing is written.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Comment, InlineTable, Table, Whitespace

from digest.errors import BusyError, SettingsError
from digest.model import Source
from digest.settings import parse_settings

fcntl: Any = None
with suppress(ImportError):  # not on Windows
    fcntl = importlib.import_module("fcntl")

_TURNS = threading.Lock()


def mark_of(path: Path) -> str:
    """Return a mark of what the file holds; "" if it cannot be read."""
    try:
        return _mark(path.read_bytes())
    except OSError:
        return ""


def append_sources(path: Path, additions: Iterable[Source], *, mark: str = "") -> None:
    """Append sources to a settings file. Raises SettingsError; BusyError if it has changed since it had that mark."""
    added = list(additions)

    def append(document: TOMLDocument) -> None:
        tables = document.get("sources")
        if isinstance(tables, Array):  # sources = [{ name = "…", … }]
            for source in added:
                inline = tomlkit.inline_table()
                inline.update(_values(source))
                tables.append(inline)
            return
        if not isinstance(tables, AoT):
            tables = tomlkit.aot()
            document["sources"] = tables
        for source in added:
            if len(tables):
                last = tables[-1].as_string()
                for _ in range(2 - (len(last) - len(last.rstrip("\n")))):  # ends its line, and leaves one empty
                    tables[-1].add(tomlkit.nl())
            table = tomlkit.table()
            table.update(_values(source))
            tables.append(table)

    _change(path, append, mark=mark)


def change_source(path: Path, name: str, values: Mapping[str, str | bool], *, mark: str = "") -> None:
    """Set keys of one source; "" takes a key out. Raises SettingsError; BusyError if the file has changed."""

    def change(document: TOMLDocument) -> None:
        rows = document.get("sources")
        row = (
            next((each for each in rows if each.get("name") == name), None) if isinstance(rows, (AoT, Array)) else None
        )
        if row is None:
            raise SettingsError(f"{path.name} has no source called {name!r} any more.", "Load the page again.")
        for key, value in values.items():
            _set(row, key, value)

    _change(path, change, mark=mark)


def _set(row: Table | InlineTable, key: str, value: str | bool) -> None:
    if value == "":
        if key in row:
            row.remove(key)
    elif key in row or isinstance(row, InlineTable):
        row[key] = value
    else:
        # Blank lines and comments at a table's end belong to the next table: the new key goes before them.
        body, tail = row.value.body, []
        while body and body[-1][0] is None and isinstance(body[-1][1], (Whitespace, Comment)):
            tail.append(body.pop())
        row.add(key, value)
        body.extend(reversed(tail))


def _change(path: Path, change: Callable[[TOMLDocument], None], *, mark: str) -> None:
    with _locked(path) as content:
        if mark and _mark(content) != mark:
            raise BusyError(
                f"{path.name} was changed meanwhile, so nothing was written.",
                "This page shows it as it is now. Look at it, and try again.",
            )
        try:
            document = tomlkit.parse(content.decode("utf-8-sig"))
        except (UnicodeDecodeError, TOMLKitError) as error:
            raise SettingsError(f"{path} cannot be read: {error}.") from error
        change(document)
        changed = tomlkit.dumps(document)
        parse_settings(changed, path=path)  # never write a file that the next run would reject
        _replace(path, changed.encode())


@contextmanager
def _locked(path: Path) -> Iterator[bytes]:
    """Yield what the file holds. Who waits for it meanwhile reads the file that takes its place."""
    with _TURNS:
        while True:
            try:
                handle = path.open("rb")
            except OSError as error:
                raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
            with handle:
                if fcntl is not None:
                    with suppress(OSError):  # not on every file system
                        fcntl.flock(handle, fcntl.LOCK_EX)
                if not _is_at(handle.fileno(), path):
                    continue
                yield handle.read()
                return


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _replace(path: Path, content: bytes) -> None:
    path = path.resolve()  # a link stays one: its file is replaced
    mode = path.stat().st_mode & 0o777
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise SettingsError(
            f"{path} is read-only, so nothing was written.", "Make it writable for the user that runs Digest."
        )
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.unlink(missing_ok=True)  # of a program that was killed
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}.", "Nothing was changed. Look at its folder's rights and room."
        ) from error


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _values(source: Source) -> dict[str, str | bool]:
    """What stands in the file; what is at its default is left out."""
    texts = {"short": source.short, "site": source.site, "theme": source.theme, "selector": source.selector}
    values: dict[str, str | bool] = {"name": source.name, "feed": source.feed}
    values |= {key: value for key, value in texts.items() if value}
    return values if source.active else values | {"active": False}
