"""Where templates lie: the operator's own folder first, the packaged one second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.settings import Settings


def default_folders(settings: Settings, of: str = "email") -> tuple[Path, ...]:
    """Where templates are looked for: `templates/email` beside digest.toml, then the packaged ones."""
    return (settings.folder / "templates" / of, packaged_folder(of))


def packaged_folder(of: str = "email") -> Path:
    """The templates that come with Digest: in the wheel inside the package, in a checkout beside it."""
    package = Path(__file__).resolve().parent
    inside = package / "templates" / of
    return inside if inside.is_dir() else package.parent / "templates" / of
