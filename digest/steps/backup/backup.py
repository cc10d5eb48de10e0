"""`digest backup`: put all that another machine would need into one file, and open it again before it counts."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

from digest import __version__
from digest.errors import DigestError, SettingsError, StoreError, UsageError
from digest.private_files import open_private, private_folder, sync
from digest.settings import Settings
from digest.settings.environment_secrets import SecretName
from digest.settings.secret_key import fingerprint
from digest.steps.backup.container import Packer, manifest_of
from digest.steps.backup.manifest import (
    ARCHIVE,
    DKIM_KEY,
    FORMAT,
    KEY,
    OLDER_KEYS,
    SENT,
    SETTINGS,
    STORE,
    TEMPLATES,
    Manifest,
    backup_name,
    is_allowed,
    is_backup_name,
)
from digest.steps.backup.staging import staging
from digest.steps.backup.verify import verified
from digest.steps.context import Context
from digest.steps.sending.sent_file import sent_file
from digest.store.copying import copy_store, examine
from digest.store.examine import schema_state
from digest.store.last_backup import LastBackup, set_last_backup

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """`digest backup`."""

    file: Path
    size: int  # bytes
    made_at: datetime
    subscribers: int
    editions: int
    files: int
    removed: tuple[Path, ...]  # older backups, by --keep
    secrets: tuple[str, ...]  # environment variables that are not in the backup
    left_out: tuple[str, ...]


def backup(
    context: Context, target: Path, *, in_folder: bool = False, force: bool = False, keep: int | None = None
) -> BackupReport:
    """Back up the newsletter into the file `target`; if that is a folder, or with `in_folder`, into a new file in it.

    The file appears whole and verified, or not at all. With `keep`, only that many backups of this newsletter, this one
    included, stay in the folder. Raises UsageError if the file is there, StoreError if the backup cannot be made.
    """
    now, title = context.clock(), context.settings.newsletter.title
    is_folder = in_folder or target.is_dir()
    file = target / backup_name(title, now) if is_folder else target
    if file.exists() and not force:
        raise UsageError(f"{file} is there already.", "Name another file, or a folder, or add --force.")
    if keep is not None and not is_folder:
        raise UsageError(
            "--keep needs a folder.", f"`digest backup {file.parent}/ --keep {keep}` names the file itself."
        )
    try:
        private_folder(file.parent)
        with staging(file.parent) as folder:
            packed = folder / "packed.zip"
            manifest = _pack(context, packed, folder / "copy.db", now)
            opened = folder / "opened"
            opened.mkdir()
            if verified(packed, opened) != manifest:
                raise StoreError("The backup is not what was written.", "Check the disk.")
            packed.replace(file)
            sync(file.parent)
            size = file.stat().st_size
    except OSError as error:
        raise StoreError(
            f"The backup {file} cannot be written: {error.strerror or error}.",
            "Make room on the disk and the folder writable, or name another folder.",
        ) from error
    if schema_state(context.store).is_current:  # an older store has no place for the stamp
        with context.store.writing() as connection:
            set_last_backup(connection, LastBackup(now, file.resolve(), size))
    removed = tuple(_prune(file, manifest, keep)) if keep is not None else ()
    counts = manifest.counts
    LOG.info("Backed up to %s: %d bytes, verified.", file, size)
    return BackupReport(
        file,
        size,
        now,
        counts.get("subscribers", 0),
        counts.get("editions", 0),
        len(manifest.files),
        removed,
        manifest.secrets,
        manifest.left_out,
    )


def _pack(context: Context, packed: Path, copy: Path, now: datetime) -> Manifest:
    settings = context.settings
    # The store first: sent.json may be newer than the copy, but not older.
    copy_store(context.store, copy)
    facts = examine(copy)
    left_out: list[str] = []
    with open_private(packed) as file:
        packer = Packer(file)
        packer.add(STORE, copy)
        copy.unlink()
        packer.add_bytes(KEY, _key_text(settings))
        older = settings.secrets.read("secret_key_previous")
        if older:
            packer.add_bytes(OLDER_KEYS, older.encode())
        for name, path in _files(settings, left_out):
            try:
                packer.add(name, path)
            except FileNotFoundError:  # removed meanwhile
                left_out.append(str(path))
        manifest = Manifest(
            format=FORMAT,
            app=__version__,
            schema=facts.schema,
            made_at=now,
            newsletter=settings.newsletter.title,
            sender=settings.newsletter.from_address,
            store=facts.name,
            database="sqlite" if context.store.is_sqlite else "postgresql",
            key=fingerprint(settings.secret_key),
            counts=facts.counts,
            files=packer.files,
            secrets=_secrets(settings),
            left_out=tuple(left_out),
        )
        packer.finish(manifest)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _key_text(settings: Settings) -> bytes:
    """The text of the key, wherever it comes from, so that the backup alone is enough."""
    text = settings.secrets.read("secret_key")
    key = text.encode() if text else (settings.state_folder / "secret.key").read_bytes().strip()
    if text != text.strip():
        raise SettingsError(
            "DIGEST_SECRET_KEY begins or ends with blanks, so no file can have it.",
            "Put it into a file, and name that in DIGEST_SECRET_KEY_FILE.",
        )
    return key


def _secrets(settings: Settings) -> tuple[str, ...]:
    names = (name for name in get_args(SecretName) if not name.startswith("secret_key"))
    return tuple(f"DIGEST_{name.upper()}" for name in names if settings.secrets.read(name))


def _files(settings: Settings, left_out: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield the name in the backup and the path of each file besides store and keys; note what is left out."""
    yield SETTINGS, settings.path
    if (sent := sent_file(settings)).exists():
        yield SENT, sent
    if settings.dkim.key_file:
        path = dkim_key_path(settings)
        if path is not None and path.is_file():
            yield DKIM_KEY, path
        else:
            left_out.append(str(settings.dkim.key_file))
    folders = ((TEMPLATES, settings.folder / "templates"), (ARCHIVE, settings.archive_folder))
    for prefix, folder in folders:
        for path in sorted(folder.rglob("*")):
            name = f"{prefix}{path.relative_to(folder).as_posix()}"
            if path.is_file() and is_allowed(name):
                yield name, path
            elif not path.is_dir():
                left_out.append(str(path))


def dkim_key_path(settings: Settings) -> Path | None:
    """Return where the DKIM key lies, if that is below the newsletter's folder: only then a backup has it."""
    path = settings.path_of(settings.dkim.key_file).resolve()
    return path if path.is_relative_to(settings.folder.resolve()) else None


def _prune(newest: Path, manifest: Manifest, keep: int) -> Iterator[Path]:
    """Remove all but the newest backups of this very store. Other files, and other newsletters' backups, stay."""
    own: list[tuple[datetime, Path]] = []
    for path in newest.parent.iterdir():
        if not is_backup_name(path.name, manifest.newsletter) or path.is_symlink():
            continue
        with contextlib.suppress(DigestError):
            other = manifest_of(path)
            if other.store == manifest.store:
                own.append((other.made_at, path))
    for _, path in sorted(own, reverse=True)[max(1, keep) :]:
        if path != newest:
            path.unlink(missing_ok=True)
            yield path
