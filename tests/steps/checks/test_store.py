"""What the doctor sees of a store, its key and its backup; its remedies are done as printed."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from digest.settings import Secrets, Settings, load_settings
from digest.settings.secret_key import fingerprint
from digest.steps.checks import Verdict, backup, store
from digest.steps.checks.line import Line
from digest.steps.context import Context
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import register_store
from digest.store.engine import open_store
from digest.store.migrations import newest
from tests.steps.checks.doctor_run import NOW, commands_in, do_as_printed, lines_of, settings_in

only_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(tmp_path: Path, store: object, store_url: str) -> Settings:
    return settings_in(tmp_path, store={"url": store_url})


def sql(settings: Settings, statement: str) -> None:
    opened = open_store(settings.store_url, migrate=False)
    with opened.writing() as connection:
        connection.execute(text(statement))
    opened.close()


def test_a_sound_store_is_named_with_its_schema(settings: Settings) -> None:
    (line,) = lines_of(store.opens, settings)
    assert line.verdict is Verdict.OK
    assert f"0 active subscribers; schema {newest()}" in line.message


def test_an_older_store_is_left_alone_and_the_remedy_migrates_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.state_folder.mkdir()
    released = create_engine(settings.store_url)
    with released.begin() as connection:  # as migration 0001 would be
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    released.dispose()
    (line,) = lines_of(store.opens, settings)
    assert (line.verdict, "is empty" in line.message) == (Verdict.OK, True)
    shutil.rmtree(settings.state_folder)

    _migrated_to(settings, "0012")
    (line,) = lines_of(store.opens, settings)
    assert line.verdict is Verdict.WARNING
    assert f"has schema 0012; this version of Digest needs {newest()}" in line.message
    for check in (store.contents, store.secret_key, backup.backup, store.is_whole):
        assert not [one for one in lines_of(check, settings) if one.verdict is Verdict.ERROR]
    (line,) = lines_of(store.opens, settings)
    assert "has schema 0012" in line.message, "looking has changed nothing"

    (command,) = commands_in(line.remedy)
    do_as_printed(command, cwd=tmp_path)
    (line,) = lines_of(store.opens, settings)
    assert line.verdict is Verdict.OK


def _migrated_to(settings: Settings, revision: str) -> None:
    from alembic import command

    from digest.store.migrations import configuration

    opened = open_store(settings.store_url, migrate=False)
    with opened.writing() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    opened.close()


def test_a_store_of_a_newer_digest_is_an_error(settings: Settings) -> None:
    sql(settings, "UPDATE alembic_version SET version_num = '9999'")
    (line,) = lines_of(store.opens, settings)
    assert (line.verdict, line.remedy) == (Verdict.ERROR, "Upgrade this installation.")


def test_without_a_store_none_is_made(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    for check in (store.opens, store.is_whole, store.is_private, store.contents, store.secret_key, backup.backup):
        assert {line.verdict for line in lines_of(check, settings)} <= {Verdict.OK}
    assert not settings.state_folder.exists()


@only_sqlite
def test_a_damaged_file_is_named(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'subscribers'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : (page - 1) * size + 64] = b"\xff" * 64
    path.write_bytes(content)
    (line,) = lines_of(store.is_whole, settings)
    assert line.verdict is Verdict.ERROR
    assert "the store is damaged: " in line.message
    path.write_bytes(b"no database" * 1000)
    (line,) = lines_of(store.is_whole, settings)
    assert line.verdict is Verdict.ERROR
    assert "file is not a database" in line.message


@only_sqlite
def test_a_sound_file_passes_the_quick_check(settings: Settings) -> None:
    (line,) = lines_of(store.is_whole, settings)
    assert line.verdict is Verdict.OK


@pytest.mark.postgres
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_replica_cannot_be_written(settings: Settings) -> None:
    url = make_url(settings.store_url)
    sql(settings, f'ALTER DATABASE "{url.database}" SET default_transaction_read_only = on')
    (line,) = lines_of(store.opens, settings)
    assert line.verdict is Verdict.ERROR
    assert "cannot be written: " in line.message
    assert "read-only transaction" in line.message


def _exposed_store(settings: Settings) -> tuple[Path, Callable[[Settings, datetime], object]]:
    return settings.state_folder / "digest.db", store.is_private


def _exposed_key(settings: Settings) -> tuple[Path, Callable[[Settings, datetime], object]]:
    _ = settings.secret_key
    return settings.state_folder / "secret.key", store.secret_key


@only_sqlite
@pytest.mark.parametrize("exposed", [_exposed_store, _exposed_key])
def test_rights_for_others_are_named_and_the_remedy_takes_them_away(
    settings: Settings,
    tmp_path: Path,
    exposed: Callable[[Settings], tuple[Path, Callable[[Settings, datetime], object]]],
) -> None:
    path, check = exposed(settings)
    path.chmod(0o644)
    (line,) = warnings(lines_of(check, settings))
    assert "has the rights 0644" in line.message
    (command,) = commands_in(line.remedy)
    do_as_printed(command, cwd=tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert warnings(lines_of(check, settings)) == []


def warnings(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.verdict is Verdict.WARNING]


@only_sqlite
def test_another_key_is_an_error_and_is_not_adopted(settings: Settings) -> None:
    opened = open_store(settings.store_url)
    context = Context(settings, opened, lambda: NOW)
    register_store(context)
    check_key(context)
    opened.close()
    other = load_settings(settings.path, Secrets(secret_key="another key of enough length"))
    for _ in range(2):
        (line,) = lines_of(store.secret_key, other)
        assert line.verdict is Verdict.ERROR
        assert fingerprint(settings.secret_key) in line.message
    assert lines_of(store.secret_key, settings)[0].verdict is Verdict.OK


@only_sqlite
def test_a_backup_counts_by_the_store_s_stamp_not_by_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "digest.db.backup").write_bytes(b"anything")
    (line,) = lines_of(backup.backup, settings)
    assert (line.verdict, line.message) == (Verdict.WARNING, "the store was never backed up")
    (command,) = commands_in(line.remedy)
    assert command == "digest backup"
    do_as_printed(command, cwd=tmp_path, DIGEST_NOW=NOW.isoformat())
    (made,) = (settings.state_folder / "backups").iterdir()
    (line,) = lines_of(backup.backup, settings, now=NOW + timedelta(days=3))
    assert line.verdict is Verdict.OK
    assert line.message.endswith("opened, and every file in it is whole")

    old, still_whole = lines_of(backup.backup, settings, now=NOW + timedelta(days=9))
    assert (old.verdict, still_whole.verdict) == (Verdict.WARNING, Verdict.OK)
    assert "is 9 days old" in old.message

    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 0xFF
    made.write_bytes(content)
    (line,) = lines_of(backup.backup, settings)
    assert line.verdict is Verdict.ERROR
    assert "is of no use: " in line.message

    made.unlink()
    (line,) = lines_of(backup.backup, settings)
    assert (line.verdict, line.message[-30:]) == (Verdict.OK, "; the file is elsewhere by now")
    assert not list(made.parent.iterdir()), "it was opened elsewhere, and nothing of it is left"
