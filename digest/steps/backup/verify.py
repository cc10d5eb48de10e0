"""Open a backup, compare all of it with its table of contents, and examine the store in it."""

from __future__ import annotations

from pathlib import Path

from digest.errors import DigestError, StoreError
from digest.settings.secret_key import fingerprint, read_key_file
from digest.steps.backup.container import unpack
from digest.steps.backup.manifest import KEY, SENT, STORE, Manifest
from digest.steps.backup.staging import staging
from digest.steps.sending.sent_file import read_runs
from digest.store.copying import examine


def verify_backup(path: Path, *, work: Path) -> Manifest:
    """Unpack the backup into a folder of its own in `work`, check it, and remove that again.

    Needs as much room there as the backup has in it. Raises StoreError, which says what is wrong.
    """
    try:
        with staging(work) as folder:
            return verified(path, folder)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened in {work}: {error.strerror or error}.", "Make room there and it writable."
        ) from error


def verified(path: Path, folder: Path) -> Manifest:
    """Unpack the backup into the empty `folder` and check it; what was unpacked stays there. Raises StoreError."""
    manifest = unpack(path, folder)
    facts = examine(folder / STORE)
    described = (manifest.schema, manifest.store, manifest.counts)
    if (facts.schema, facts.name, facts.counts) != described:
        raise StoreError(f"The store in {path} is not the one that its manifest describes.", "Take another backup.")
    try:
        key = read_key_file(folder / KEY)
        if SENT in manifest.files:
            read_runs(folder / SENT)
    except DigestError as error:
        raise StoreError(f"{error.what} It was unpacked from {path}.", "Take another backup.") from error
    if key is None or fingerprint(key) != manifest.key or facts.key not in ("", manifest.key):
        raise StoreError(f"The secret key in {path} is not the one of its store.", "Take another backup.")
    return manifest
