"""Read what is right in a digest.toml that is wrong, so that `digest doctor` can go on with it.

No command acts on such settings: a default in the place of what was mistyped could be another store.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digest.errors import SettingsError
from digest.settings.load import Settings, parse_settings
from digest.settings.tables import File

_NOBODY = {"title": "Digest", "from": "nobody@localhost.invalid"}
_ROUNDS = 20  # dropping a key may show another fault


@dataclass(frozen=True, slots=True)
class Salvage:
    """The settings as far as they go."""

    settings: Settings
    problem: SettingsError | None = None  # what is wrong with the file
    broken: frozenset[str] = frozenset()  # what was left out or is missing: tables, or keys such as smtp.port


def salvage(path: Path) -> Salvage:
    """Read the settings; where the file is wrong, leave out what is wrong."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        remedy = "Create one with `digest init`, or name yours with --config or DIGEST_CONFIG."
        return _nothing(path, SettingsError(f"There is no settings file {path}.", remedy))
    except (OSError, UnicodeDecodeError) as error:
        what = f"The settings file {path} cannot be read: {error}."
        return _nothing(path, SettingsError(what, "It must be a UTF-8 text file."))
    try:
        return Salvage(parse_settings(text, path=path.resolve(), display_name=str(path)))
    except SettingsError as error:
        problem = error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return _nothing(path, problem)
    broken: set[str] = set()
    for _ in range(_ROUNDS):
        try:
            file = File.model_validate(data)
        except ValidationError as error:
            _leave_out(data, error, broken)
        else:
            return Salvage(Settings(file, path=path.resolve()), problem, frozenset(broken))
    return _nothing(path, problem)


def _nothing(path: Path, problem: SettingsError) -> Salvage:
    file = File.model_validate({"newsletter": _NOBODY})
    return Salvage(Settings(file, path=path.resolve()), problem, frozenset(File.model_fields))


def _leave_out(data: dict[str, Any], error: ValidationError, broken: set[str]) -> None:
    """Remove from `data` what the error is about, and name it in `broken`."""
    rows_to_leave_out: dict[str, set[int]] = {}
    for problem in error.errors():
        where = problem["loc"]
        table = str(where[0]) if where else ""
        if not table:  # tables that do not fit together: sources and themes are what is compared
            broken |= {"sources", "themes"}
            data.pop("sources", None)
            data.pop("themes", None)
            continue
        rows = data.get(table)
        is_key = isinstance(rows, dict) and len(where) > 1
        broken.add(f"{table}.{where[1]}" if is_key else table)
        if isinstance(rows, list) and len(where) > 1 and isinstance(where[1], int):
            rows_to_leave_out.setdefault(table, set()).add(where[1])
        elif isinstance(rows, dict) and len(where) > 1 and where[1] in rows:
            del rows[str(where[1])]
        elif table == "newsletter":  # what it must have is missing
            data[table] = _NOBODY | (rows if isinstance(rows, dict) else {})
        else:
            data.pop(table, None)
    for table, numbers in rows_to_leave_out.items():
        data[table] = [row for number, row in enumerate(data[table]) if number not in numbers]
