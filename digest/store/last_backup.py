"""The store's own stamp of its last backup: `digest backup` sets it once it has opened and verified what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select, update

from digest.store.schema import store_identity


@dataclass(frozen=True, slots=True)
class LastBackup:
    """A backup as it was when it was made. The file may have been moved since, for example to another machine."""

    at: datetime  # the moment that it shows the store at
    file: Path
    size: int  # bytes
    verified: bool = True  # opened and compared after it was written: only then there is a stamp


def last_backup(connection: Connection) -> LastBackup | None:
    """Return the store's last backup; None if there was none."""
    columns = (store_identity.c.backup_at, store_identity.c.backup_file, store_identity.c.backup_size)
    row = connection.execute(select(*columns)).one_or_none()
    return None if row is None or row[0] is None else LastBackup(row[0], Path(row[1]), row[2])


def set_last_backup(connection: Connection, backup: LastBackup) -> None:
    """Set the stamp. The store has a name by then."""
    values = {"backup_at": backup.at, "backup_file": str(backup.file), "backup_size": backup.size}
    connection.execute(update(store_identity).values(values))
