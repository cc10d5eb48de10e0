"""A store refuses a key that it was not made with, and says what to do."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.errors import SettingsError
from digest.log import listening
from digest.settings import parse_settings
from digest.settings.environment_secrets import Secrets
from digest.settings.secret_key import fingerprint
from digest.steps.context import Context
from digest.steps.secret_key import accept_key, check_key, key_status
from digest.steps.sending.rollback_guard import register_store
from digest.steps.subscribers import operator_actions
from digest.store import identity
from digest.store.engine import Store, open_store
from digest.store.schema import audit

LEAST = '[newsletter]\ntitle = "A digest"\nfrom = "A digest <digest@example.org>"\n'
NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)


def machine(folder: Path, store: Store, **secrets: str) -> Context:
    """Digest with a state folder of its own, on a store that it may share with others."""
    folder.mkdir(exist_ok=True)
    settings = parse_settings(LEAST, path=folder / "digest.toml", secrets=Secrets(**secrets))
    context = Context(settings, store, lambda: NOW)
    register_store(context)
    return context


def fingerprint_in(store: Store) -> str:
    with store.reading() as connection:
        return identity.key_fingerprint(connection)


def key_file(folder: Path) -> Path:
    return folder / "var" / "secret.key"


def test_a_new_store_adopts_the_key_and_knows_it_again(store: Store, tmp_path: Path) -> None:
    first = machine(tmp_path / "first", store)
    check_key(first)
    assert fingerprint_in(store) == fingerprint(first.settings.secret_key) != ""
    check_key(machine(tmp_path / "first", store))
    assert first.settings.secret_key.hex() not in fingerprint_in(store)


def test_a_second_machine_without_the_key_is_refused_and_makes_none(store: Store, tmp_path: Path) -> None:
    check_key(machine(tmp_path / "first", store))
    with pytest.raises(SettingsError, match="There is no secret key") as raised:
        check_key(machine(tmp_path / "second", store))
    assert "Copy secret.key" in raised.value.remedy
    assert "digest key accept" in raised.value.remedy
    assert not key_file(tmp_path / "second").exists()
    key_file(tmp_path / "second").parent.mkdir(exist_ok=True)
    key_file(tmp_path / "second").write_bytes(key_file(tmp_path / "first").read_bytes())
    check_key(machine(tmp_path / "second", store))


def test_another_key_is_refused_and_both_are_named(store: Store, tmp_path: Path) -> None:
    check_key(machine(tmp_path / "first", store))
    before = fingerprint_in(store)
    other = machine(tmp_path / "second", store, secret_key="another key of enough length")
    with pytest.raises(SettingsError) as raised:
        check_key(other)
    assert "DIGEST_SECRET_KEY" in raised.value.what
    assert before in raised.value.what
    assert fingerprint(other.settings.secret_key) in raised.value.what
    assert raised.value.exit_code == 2
    assert fingerprint_in(store) == before


def test_the_erased_do_not_come_back_by_another_key(store: Store, tmp_path: Path) -> None:
    first = machine(tmp_path / "first", store)
    check_key(first)
    operator_actions.add(first, "ada@example.org")
    operator_actions.erase(first, "ada@example.org")
    with pytest.raises(SettingsError):
        check_key(machine(tmp_path / "second", store))
    assert operator_actions.add(first, "ada@example.org").verdict == "suppressed"


def test_an_older_store_adopts_the_key_that_is_there(store: Store, tmp_path: Path) -> None:
    older = machine(tmp_path / "first", store)
    operator_actions.add(older, "ada@example.org")
    assert fingerprint_in(store) == ""
    check_key(older)
    assert fingerprint_in(store) == fingerprint(older.settings.secret_key)


def test_an_older_store_with_subscribers_adopts_no_key_that_is_made_for_it(store: Store, tmp_path: Path) -> None:
    operator_actions.add(machine(tmp_path / "first", store), "ada@example.org")
    with pytest.raises(SettingsError, match="There is no secret key"):
        check_key(machine(tmp_path / "second", store))
    assert fingerprint_in(store) == ""


def test_a_key_that_names_its_predecessor_takes_its_place(store: Store, tmp_path: Path) -> None:
    first = machine(tmp_path, store, secret_key="the-first-key-of-this-store")
    check_key(first)
    new = {"secret_key": "the-second-key-of-this-store", "secret_key_previous": "the-first-key-of-this-store"}
    log: list[str] = []
    with listening(log.append):
        check_key(machine(tmp_path, store, **new))
    assert any("takes the new secret key" in line for line in log)
    check_key(machine(tmp_path, store, secret_key=new["secret_key"]))
    with pytest.raises(SettingsError):
        check_key(first)


def test_a_person_may_accept_another_key(store: Store, tmp_path: Path) -> None:
    check_key(machine(tmp_path / "first", store))
    before = fingerprint_in(store)
    second = machine(tmp_path / "second", store)
    assert key_status(second).present == ""
    accepted = accept_key(second, by="ada")
    assert (accepted.store, accepted.present) == (before, fingerprint_in(store))
    check_key(second)
    status = key_status(second)
    assert status.present == status.store == accepted.present
    with pytest.raises(SettingsError):
        check_key(machine(tmp_path / "first", store))
    with store.reading() as connection:
        row = connection.execute(select(audit).where(audit.c.what == "key accepted")).one()
    assert (row.by, row.detail) == ("ada", {"before": before, "after": accepted.present})


@pytest.mark.parametrize("_race", range(5))
def test_of_several_machines_that_start_at_once_one_adopts(
    store: Store, store_url: str, tmp_path: Path, _race: int
) -> None:
    machine(tmp_path / "first", store)
    stores = [open_store(store_url) for _ in range(3)]
    machines = [machine(tmp_path / str(number), one) for number, one in enumerate(stores)]
    gate = threading.Barrier(3)
    refused: list[Context] = []

    def start(context: Context) -> None:
        gate.wait()
        try:
            check_key(context)
        except SettingsError:
            refused.append(context)

    threads = [threading.Thread(target=start, args=(one,)) for one in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2
    (accepted,) = [one for one in machines if one not in refused]
    assert fingerprint_in(store) == fingerprint(accepted.settings.secret_key)
    for one in stores:
        one.close()
