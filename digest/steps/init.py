"""`digest init`: write a folder to start from. Never overwrites a file."""

from __future__ import annotations

import shutil
from pathlib import Path

from digest.errors import UsageError
from digest.template_folders import packaged_folder
from digest.words.catalogues import PAGES

_PACKAGE = Path(__file__).resolve().parent.parent


def example(name: str) -> Path:
    """Return the path of an example file: inside the package in a wheel, beside it in a checkout."""
    packaged = _PACKAGE / "examples" / name
    return packaged if packaged.exists() else _PACKAGE.parent / name


def init(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write digest.toml, subscribers.csv and templates/ into `folder`; return (written, already there)."""
    files = {
        folder / "digest.toml": example("digest.example.toml"),
        folder / "subscribers.csv": example("subscribers.example.csv"),
    }
    for kind in ("email", PAGES):
        for template in sorted(packaged_folder(kind).rglob("*")):
            if template.is_file():
                files[folder / "templates" / kind / template.relative_to(packaged_folder(kind))] = template
    created, existing = [], []
    try:
        for target, origin in files.items():
            if target.exists():
                existing.append(target)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, target)
            created.append(target)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be written: {error}.", "Choose another folder.") from error
    return created, existing
