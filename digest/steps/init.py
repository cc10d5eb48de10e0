"""`digest init`: write a folder to start from. Never overwrites a file."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from digest.errors import UsageError
from digest.services import crontab
from digest.template_folders import packaged_folder
from digest.words.catalogues import PAGES

_PACKAGE = Path(__file__).resolve().parent.parent
_IGNORED = """\
# Keys, passwords, subscribers' addresses, state and backups stay out of version control, whatever they are called:
# only what is named here goes in.
/*
!/.gitignore
!/digest.toml
!/templates/
"""


@dataclass(frozen=True, slots=True)
class InitReport:
    written: tuple[Path, ...]
    left: tuple[Path, ...]  # what was there already
    crontab: tuple[str, ...]  # the lines for this installation and this newsletter
    unguarded: bool  # a .gitignore was there that does not keep everything else out


def example(name: str) -> Path:
    """Return the path of an example file: inside the package in a wheel, beside it in a checkout."""
    packaged = _PACKAGE / "examples" / name
    return packaged if packaged.exists() else _PACKAGE.parent / name


def init(folder: Path) -> InitReport:
    """Write digest.toml, subscribers.csv, templates/ and .gitignore into `folder`. Raises UsageError."""
    files = {
        folder / "digest.toml": example("digest.example.toml"),
        folder / "subscribers.csv": example("subscribers.example.csv"),
    }
    for kind in ("email", PAGES):
        for template in sorted(packaged_folder(kind).rglob("*")):
            if template.is_file():
                files[folder / "templates" / kind / template.relative_to(packaged_folder(kind))] = template
    created, existing = [], []
    ignored = folder / ".gitignore"
    try:
        for target, origin in files.items():
            if target.exists():
                existing.append(target)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, target)
            created.append(target)
        if ignored.exists():
            existing.append(ignored)
        else:
            ignored.write_text(_IGNORED, "utf-8")
            created.append(ignored)
        unguarded = not {"/*", "*"} & set(ignored.read_text("utf-8", "replace").splitlines())
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be written: {error}.", "Choose another folder.") from error
    lines = crontab(_program(), str(folder.resolve() / "digest.toml"))
    return InitReport(tuple(created), tuple(existing), tuple(lines), unguarded)


def _program() -> str:
    """Return the path of `digest`, which lies beside the Python that runs it."""
    beside = Path(sys.executable).parent / "digest"
    return str(beside if beside.exists() else shutil.which("digest") or "digest")
