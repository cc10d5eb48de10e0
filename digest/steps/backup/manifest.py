"""The table of contents of a backup, and which names may be in one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from pydantic import TypeAdapter, ValidationError

from digest.errors import StoreError

FORMAT = 1
MANIFEST, STORE, KEY, OLDER_KEYS = "manifest.json", "store.db", "state/secret.key", "state/secret.key.previous"
SENT, SETTINGS, DKIM_KEY = "state/sent.json", "settings/digest.toml", "settings/dkim.key"
TEMPLATES, ARCHIVE = "settings/templates/", "state/archive/"
LARGEST_MANIFEST = 32 * 2**20
MOST_FILES = 100_000
_SINGLE = {STORE, KEY, OLDER_KEYS, SENT, SETTINGS, DKIM_KEY}
_REQUIRED = (STORE, KEY, SETTINGS)
_PART = re.compile(r"[^\\/:*?\"<>|\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    app: str  # version of Digest
    schema: str  # of the store
    made_at: datetime  # the store is as it was then
    newsletter: str  # its title
    sender: str  # the address in From
    store: str  # the store's name
    database: str  # "sqlite" or "postgresql": where the store lay
    key: str  # fingerprint of the secret key
    counts: Mapping[str, int]  # rows by table
    files: Mapping[str, FileEntry]  # all but the manifest
    secrets: tuple[str, ...] = ()  # environment variables with secrets that were set, and are not in the backup
    left_out: tuple[str, ...] = ()  # files that the settings name and that are not in the backup


_MANIFEST = TypeAdapter(Manifest)


def as_json(manifest: Manifest) -> bytes:
    return _MANIFEST.dump_json(manifest, indent=1)


def read_manifest(data: bytes) -> Manifest:
    """Raises StoreError if it is none, or of a later format."""
    try:
        manifest = _MANIFEST.validate_json(data)
    except ValidationError as error:
        raise StoreError(f"The backup's {MANIFEST} cannot be read.", "Take another backup.") from error
    if manifest.format > FORMAT:
        raise StoreError(
            f"The backup was made by Digest {manifest.app}, which is newer than this one.",
            "Upgrade this installation, then restore again.",
        )
    missing = [name for name in _REQUIRED if name not in manifest.files]
    if missing:
        raise StoreError(f"The backup has no {missing[0]}.", "Take another backup.")
    return manifest


def is_allowed(name: str) -> bool:
    """Whether a file of that name belongs into a backup: no other may be written anywhere."""
    if name in _SINGLE:
        return True
    folder = next((one for one in (TEMPLATES, ARCHIVE) if name.startswith(one)), "")
    parts = name.removeprefix(folder).split("/") if folder else []
    return 0 < len(parts) <= 20 and all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)


def differences(manifest: Manifest, names: Iterable[str]) -> str:
    """Return how the names in a container differ from those in its manifest, in words; "" if they do not."""
    present = {*names} - {MANIFEST}
    missing, more = sorted({*manifest.files} - present), sorted(present - {*manifest.files})
    if missing:
        return f"{missing[0]} is missing"
    return f"{more[0]} is not in its {MANIFEST}" if more else ""


def backup_name(newsletter: str, moment: datetime) -> str:
    """Return the name of a backup's file, with the moment in UTC."""
    return f"{_slug(newsletter)}-{moment:%Y%m%dT%H%M%SZ}.backup.zip"


def is_backup_name(name: str, newsletter: str) -> bool:
    """Whether `backup_name` may have made this name for the newsletter."""
    return re.fullmatch(re.escape(_slug(newsletter)) + r"-\d{8}T\d{6}Z\.backup\.zip", name) is not None


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "digest"


def relative(name: str) -> PurePosixPath:
    """Return where below its folder (templates, archive) a file lies."""
    return PurePosixPath(name.removeprefix(TEMPLATES).removeprefix(ARCHIVE))
