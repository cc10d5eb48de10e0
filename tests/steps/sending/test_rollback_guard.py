"""A store that was restored from a backup, or copied to another machine, does not send again by surprise."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from digest.errors import StoreError
from digest.model import DeliveryCounts, Mailing
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.sending.restored_store import accept_backup, accept_store
from digest.steps.sending.rollback_guard import check_not_rolled_back, end_run, register_store
from digest.steps.subscribers import operator_actions
from digest.store import deliveries, editions
from digest.store.engine import Store, open_store
from digest.week import Week
from tests.conftest import database

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)


def context_in(folder: Path, store: Store) -> Context:
    text = f'[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n[store]\nurl = "sqlite:///{folder}/digest.db"\n'
    return Context(parse_settings(text, path=folder / "digest.toml"), store, lambda: NOW)


def test_a_rolled_back_store_is_noticed(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    context = context_in(tmp_path, store)
    operator_actions.add(context, "ada@example.org")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
    check_not_rolled_back(context, MAILING)
    check_not_rolled_back(context, MAILING)
    store.close()
    shutil.copy(tmp_path / "digest.db", tmp_path / "backup")

    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    check_not_rolled_back(context_in(tmp_path, store), MAILING)
    store.close()
    shutil.copy(tmp_path / "backup", tmp_path / "digest.db")

    restored = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    context = context_in(tmp_path, restored)
    with pytest.raises(StoreError, match="older than the last run"):
        check_not_rolled_back(context, MAILING)
    check_not_rolled_back(context, Mailing.parse("2019-W13"))  # another edition is not affected
    assert accept_backup(context, MAILING) == 1
    check_not_rolled_back(context, MAILING)
    with restored.reading() as connection:
        assert deliveries.counts(connection, MAILING) == DeliveryCounts(uncertain=1)
    restored.close()


def test_a_copied_store_is_noticed(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    check_not_rolled_back(context_in(tmp_path, store), MAILING)
    store.close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "digest.db", elsewhere / "digest.db")
    copied = open_store(f"sqlite:///{elsewhere / 'digest.db'}")
    with pytest.raises(StoreError, match="copied here"):
        check_not_rolled_back(context_in(elsewhere, copied), MAILING)
    copied.close()


def test_a_backup_from_before_the_first_edition_is_noticed(tmp_path: Path) -> None:
    """On this machine, where `sent.json` is ahead of the store, and on a new machine without that file."""
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    context = context_in(tmp_path, store)
    register_store(context)
    operator_actions.add(context, "ada@example.org")
    store.close()
    shutil.copy(tmp_path / "digest.db", tmp_path / "backup")

    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    register_store(context_in(tmp_path, store))
    check_not_rolled_back(context_in(tmp_path, store), MAILING)
    store.close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for folder, message in ((tmp_path, "older than the last run"), (elsewhere, "copied here without sent.json")):
        shutil.copy(tmp_path / "backup", folder / "digest.db")
        restored = open_store(f"sqlite:///{folder / 'digest.db'}")
        context = context_in(folder, restored)
        register_store(context)
        with restored.writing() as connection:
            editions.ensure(connection, WEEK)
        with pytest.raises(StoreError, match=message):
            check_not_rolled_back(context, MAILING)
        assert accept_backup(context, MAILING) == 1, "who would get the edition may have got it"
        check_not_rolled_back(context, MAILING)
        with restored.reading() as connection:
            assert deliveries.counts(connection, MAILING) == DeliveryCounts(uncertain=1)
        restored.close()


def test_a_store_moves_with_its_sent_file(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    check_not_rolled_back(context_in(tmp_path, store), MAILING)
    store.close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("digest.db", "sent.json"):
        shutil.copy(tmp_path / name, elsewhere / name)
    moved = open_store(f"sqlite:///{elsewhere / 'digest.db'}")
    check_not_rolled_back(context_in(elsewhere, moved), MAILING)
    moved.close()


def test_two_machines_may_share_a_database(tmp_path: Path, postgres_url: str) -> None:
    store = open_store(postgres_url)
    machines = [tmp_path / "one", tmp_path / "two"]
    for folder in (*machines, *machines):
        folder.mkdir(exist_ok=True)
        check_not_rolled_back(context_in(folder, store), MAILING)
    store.close()


def test_a_dump_of_postgresql_does_not_send_elsewhere(tmp_path: Path, postgres: Engine, postgres_url: str) -> None:
    """Even with the file beside it: a database is copied without it, and a copy of the file proves nothing."""
    store = open_store(postgres_url)
    context = context_in(tmp_path, store)
    operator_actions.add(context, "ada@example.org")
    with store.writing() as connection:
        editions.ensure(connection, WEEK)
        deliveries.queue(connection, MAILING, now=NOW)
    check_not_rolled_back(context, MAILING)
    end_run(context, MAILING)
    store.close()
    with database(postgres, like=str(make_url(postgres_url).database)) as url_of_b:
        store = open_store(url_of_b)
        for folder in (tmp_path, tmp_path / "b"):
            folder.mkdir(exist_ok=True)
            with pytest.raises(StoreError, match="copied into this database from another one"):
                check_not_rolled_back(context_in(folder, store), MAILING)
        context = context_in(tmp_path / "b", store)
        assert accept_backup(context, MAILING) == 1
        check_not_rolled_back(context, MAILING)
        store.close()


def test_a_moved_store_sends_once_a_person_accepts_it(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    check_not_rolled_back(context_in(tmp_path, store), MAILING)
    (tmp_path / "sent.json").unlink()
    context = context_in(tmp_path, store)
    with pytest.raises(StoreError, match="copied here") as refused:
        check_not_rolled_back(context, MAILING)
    assert "`digest deliveries accept`" in refused.value.remedy
    assert accept_store(context, by="operator") == "The store was copied here without sent.json."
    check_not_rolled_back(context, MAILING)
    store.close()


def test_a_copy_from_the_middle_of_a_run_is_older_than_its_end(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    check_not_rolled_back(context_in(tmp_path, store), MAILING)
    store.close()
    shutil.copy(tmp_path / "digest.db", tmp_path / "backup")
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    end_run(context_in(tmp_path, store), MAILING)
    store.close()
    shutil.copy(tmp_path / "backup", tmp_path / "digest.db")
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    with pytest.raises(StoreError, match="older than the last run"):
        check_not_rolled_back(context_in(tmp_path, store), MAILING)
    store.close()


def test_an_unreadable_sent_file_is_an_error(tmp_path: Path, store: Store) -> None:
    (tmp_path / "sent.json").write_text("{", "utf-8")
    with pytest.raises(StoreError, match="cannot be read"):
        check_not_rolled_back(context_in(tmp_path, store), MAILING)
