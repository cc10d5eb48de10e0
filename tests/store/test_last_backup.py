"""The store's stamp of its last backup."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.store import identity
from digest.store.engine import Store
from digest.store.last_backup import LastBackup, last_backup, set_last_backup


def test_the_last_backup_is_the_one_that_was_stamped_last(store: Store, now: datetime) -> None:
    with store.writing() as connection:
        assert last_backup(connection) is None, "a store without a name"
        identity.ensure_name(connection)
        assert last_backup(connection) is None
        for size in (1, 5_000_000_000):
            set_last_backup(connection, LastBackup(now, Path("/srv/backups/one.zip"), size))
    with store.reading() as connection:
        assert last_backup(connection) == LastBackup(now, Path("/srv/backups/one.zip"), 5_000_000_000, verified=True)
