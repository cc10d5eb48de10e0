"""`digest restore`: check a backup fully, make its store ready aside, then put everything in place.

What was under way when the backup was made is stopped, and nothing is sent from the store before a person accepts it:
the machine that it comes from may have gone on. The store comes last but for digest.toml, without which nothing runs:
who is killed before that starts again.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.clock import Clock
from digest.errors import SettingsError, StoreError, UsageError
from digest.model import AuditEvent
from digest.private_files import state_folder, sync
from digest.settings import Settings, load_settings, parse_settings
from digest.settings.secret_key import fingerprint, key_of, read_key_file
from digest.steps.backup.backup import dkim_key_path
from digest.steps.backup.manifest import (
    ARCHIVE,
    DKIM_KEY,
    KEY,
    OLDER_KEYS,
    SENT,
    SETTINGS,
    STORE,
    TEMPLATES,
    Manifest,
    relative,
)
from digest.steps.backup.restored_files import Files, copy_file
from digest.steps.backup.staging import staging
from digest.steps.backup.verify import verified
from digest.steps.sending.restored_store import Stopped, hold_unfinished
from digest.steps.sending.sent_file import read_runs, sent_file, write_runs
from digest.store import audit, identity
from digest.store.copying import copy_store
from digest.store.engine import open_store, shown_url, sqlite_file
from digest.store.last_backup import LastBackup, set_last_backup
from digest.store.placing import has_store, load_copy, prepare_file, replace_file


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """`digest restore`."""

    folder: Path
    store: str  # its URL, without the password
    newsletter: str
    made_at: datetime  # the store is as it was then
    schema: str  # of the backup; the store has the newest now
    written: tuple[str, ...]  # files and folders
    different: tuple[Path, ...]  # files that were there and differ from those of the backup
    aside: tuple[Path, ...]  # what was there before, by --force
    stopped: tuple[Stopped, ...]
    secrets: tuple[str, ...]  # environment variables that the backup does not have
    left_out: tuple[str, ...]


def restore(backup: Path, config: Path, *, force: bool, clock: Clock, by: str) -> RestoreReport:
    """Restore `backup` beside the settings file `config`, which need not exist; nothing is overwritten.

    With `force`, a store and a key that are there are kept aside. Raises UsageError or StoreError before anything is
    changed, BusyError if a program has the store open.
    """
    if not backup.is_file():
        raise UsageError(f"There is no file {backup}.", "Name a file that `digest backup` made.")
    folder, is_new = config.parent, not config.parent.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with staging(folder) as work:
                return _Restore(backup, verified(backup, work), work, config, force, clock(), by).run()
        finally:
            if is_new:
                with contextlib.suppress(OSError):  # something is in it
                    folder.rmdir()
    except OSError as error:
        raise StoreError(
            f"{backup} cannot be restored into {folder}: {error.strerror or error}"
            + (f" ({error.filename})." if error.filename else "."),
            "Make room on the disk and the folder writable, then restore again. A store that was there is still whole.",
        ) from error


class _Restore:
    """One restore, from the unpacked and verified backup in `work`."""

    def __init__(
        self, backup: Path, manifest: Manifest, work: Path, config: Path, force: bool, now: datetime, by: str
    ) -> None:
        self.backup, self.manifest, self.work, self.config = backup, manifest, work, config
        self.force, self.now, self.by = force, now, by
        self.settings = _settings(work, config)
        self.files = Files(work, f"before-restore-{now:%Y%m%dT%H%M%SZ}")

    def run(self) -> RestoreReport:
        settings, manifest = self.settings, self.manifest
        _refuse_other_newsletter(settings, self.config, manifest)
        key = self._key_to_write()
        self._refuse_existing_store()
        runs = read_runs(sent_file(settings))
        stopped = self._prepare_store()
        state_folder(settings.state_folder)
        for name in manifest.files:
            if name.startswith(TEMPLATES):
                self.files.add(name, settings.folder / "templates" / relative(name))
            elif name.startswith(ARCHIVE):
                self.files.add(name, settings.state_folder / "archive" / relative(name))
        if DKIM_KEY in manifest.files and (path := dkim_key_path(settings)) is not None:
            self.files.add(DKIM_KEY, path, private=True)
        if SENT in manifest.files:
            for store, numbers in read_runs(self.work / SENT).items():
                present = runs.setdefault(store, {})
                present.update({one: max(number, present.get(one, 0)) for one, number in numbers.items()})
        write_runs(sent_file(settings), runs)
        self.files.written.append(str(sent_file(settings)))
        if key is not None:
            self._write_key(key)
        if OLDER_KEYS in manifest.files:
            self.files.add(OLDER_KEYS, settings.state_folder / "secret.key.previous", private=True)
        store = self._place_store()
        self.files.add(SETTINGS, self.config, private=True)
        return RestoreReport(
            settings.folder,
            store,
            manifest.newsletter,
            manifest.made_at,
            manifest.schema,
            tuple(dict.fromkeys(self.files.written)),
            tuple(self.files.different),
            tuple(self.files.aside),
            stopped,
            tuple(name for name in manifest.secrets if not os.environ.get(name) and not os.environ.get(f"{name}_FILE")),
            manifest.left_out,
        )

    # --- Deciding -----------------------------------------------------------------------------------------------------

    def _key_to_write(self) -> Path | None:
        """Return where the key is to be written; None if it is here already. Raises SettingsError for another one."""
        secrets, place = self.settings.secrets, self.settings.secret_key_place
        text = secrets.read("secret_key")
        if text:
            older = secrets.read("secret_key_previous").split()
            known = {fingerprint(key_of(one, place)) for one in (text, *older)}
            if self.manifest.key not in known:
                raise SettingsError(
                    f"The secret key in {place} is not the one of the backup (fingerprint {self.manifest.key}).",
                    "Unset it: the backup has its key. To change the key, name the old one in"
                    " DIGEST_SECRET_KEY_PREVIOUS.",
                )
            return None
        path = self.settings.state_folder / "secret.key"
        try:
            present = read_key_file(path)
        except SettingsError:  # cut off, or empty
            present = b""
        if present is None:
            return path
        if fingerprint(present) == self.manifest.key:
            return None
        if not self.force:
            raise UsageError(
                f"{path} is another secret key than the one of the backup.",
                "--force keeps it aside and writes the one of the backup.",
            )
        return path

    def _refuse_existing_store(self) -> None:
        url = self.settings.store_url
        path = sqlite_file(self.settings.store_url)
        if path is not None:
            there = path.exists() and path.stat().st_size > 0
        else:
            store = open_store(url, migrate=False)
            there = has_store(store)
            store.close()
        if there and not self.force:
            place = path or "the database of [store] url"
            raise UsageError(
                f"There is a store already: {place}.",
                "--force keeps it aside and puts the backup in its place; --into DIR restores into another folder.",
            )

    # --- Doing --------------------------------------------------------------------------------------------------------

    def _prepare_store(self) -> tuple[Stopped, ...]:
        """Bring the copy to the newest schema, and stop what it had under way."""
        copy = self.work / STORE
        store = open_store(f"sqlite:///{copy}")
        key = read_key_file(self.work / KEY)
        assert key is not None
        try:
            with store.writing() as connection:
                identity.ensure_name(connection)
                identity.set_restored(connection, self.manifest.made_at)
                stamp = LastBackup(self.manifest.made_at, self.backup.resolve(), self.backup.stat().st_size)
                set_last_backup(connection, stamp)  # it was made after the copy in it
                domain = self.settings.newsletter.from_domain
                stopped = hold_unfinished(connection, now=self.now, key=key, domain=domain)
                detail = {"made_at": self.manifest.made_at.isoformat(), "schema": self.manifest.schema}
                audit.record(connection, AuditEvent.STORE_RESTORED, at=self.now, by=self.by, detail=detail)
        finally:
            store.close()
        prepare_file(copy)
        return stopped

    def _place_store(self) -> str:
        copy, path = self.work / STORE, sqlite_file(self.settings.store_url)
        if path is None:
            return self._load_into_postgresql(copy)
        state_folder(path.parent)
        aside = self.files.name_aside(path)
        # On the store's own disk, which need not be that of digest.toml.
        with staging(path.parent) as near:
            ready = near / path.name
            copy_file(copy, ready, private=True)
            if replace_file(ready, path, aside):
                self.files.aside.append(aside)
        sync(path.parent)
        self.files.written.append(str(path))
        return self.settings.store_url

    def _load_into_postgresql(self, copy: Path) -> str:
        """Load the copy in one transaction; what was there before is first copied into a file of its own."""
        store = open_store(self.settings.store_url, migrate=False)
        try:
            if has_store(store):
                old = open_store(self.settings.store_url)  # moved to the newest schema, so that it can be copied
                aside = self.files.name_aside(self.settings.state_folder / "store.db")
                with staging(aside.parent) as near:  # a copy that breaks off is none
                    copy_store(old, near / aside.name)
                    (near / aside.name).replace(aside)
                old.close()
                self.files.aside.append(aside)
            with store.writing() as connection:
                load_copy(copy, connection)
                identity.set_restored(connection, self.manifest.made_at)
            return shown_url(store.engine)
        finally:
            store.close()

    def _write_key(self, path: Path) -> None:
        if path.exists():
            aside = self.files.name_aside(path)
            os.link(path, aside)
            self.files.aside.append(aside)
        self.files.put(KEY, path, private=True)


def _settings(work: Path, config: Path) -> Settings:
    """Return the settings that are there, else those of the backup. Raises SettingsError."""
    if config.exists():
        return load_settings(config)
    try:
        text = (work / SETTINGS).read_text("utf-8-sig")
        return parse_settings(text, path=config.resolve(), display_name="digest.toml in the backup")
    except (SettingsError, UnicodeDecodeError) as error:
        raise SettingsError(str(error), f"Write a corrected one to {config}, then restore again.") from error


def _refuse_other_newsletter(settings: Settings, config: Path, manifest: Manifest) -> None:
    newsletter = settings.newsletter
    if newsletter.title != manifest.newsletter and newsletter.from_address != manifest.sender:
        raise UsageError(
            f"The backup is of {manifest.newsletter}; {config} is of {newsletter.title}.",
            "Restore it --into another folder. If they are the same newsletter, move this digest.toml away first.",
        )
