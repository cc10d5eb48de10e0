"""Alembic migrations. Digest runs them when it opens a store, without an alembic.ini."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from digest.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config


def newest() -> str:
    """Return the newest revision, from the file names: Alembic is loaded only if there is something to migrate."""
    return max(known())


def known() -> frozenset[str]:
    """Return all revisions, from the file names."""
    return frozenset(path.name.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*_*.py"))


def configuration() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema behind `connection` to the newest revision, within its transaction."""
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = configuration()
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            f"The store was written by a newer version of Digest (schema {current}).", "Upgrade this installation."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
