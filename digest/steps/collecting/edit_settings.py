"""Change digest.toml by program, without losing people's comments and order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from digest.errors import SettingsError
from digest.model import Source
from digest.settings import parse_settings


def append_sources(path: Path, additions: Iterable[Source]) -> None:
    """Append sources to a settings file; its comments and its order stay. Raises SettingsError."""
    try:
        text = path.read_text("utf-8-sig")
        document = tomlkit.parse(text)
    except (OSError, TOMLKitError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error
    tables = document.get("sources")
    if not isinstance(tables, AoT):
        tables = tomlkit.aot()
        document["sources"] = tables
    for source in additions:
        if len(tables):
            last = tables[-1].as_string()
            for _ in range(2 - (len(last) - len(last.rstrip("\n")))):  # ends its line, and leaves one empty
                tables[-1].add(tomlkit.nl())
        tables.append(_table(source))
    changed = tomlkit.dumps(document)
    parse_settings(changed, path=path)  # never write a file that the next run would reject
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(changed, "utf-8")
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error


def _table(source: Source) -> Table:
    table = tomlkit.table()
    table.add("name", source.name)
    table.add("feed", source.feed)
    for key, value in (("site", source.site), ("theme", source.theme), ("selector", source.selector)):
        if value:
            table.add(key, value)
    if not source.active:
        table.add("active", False)
    return table
