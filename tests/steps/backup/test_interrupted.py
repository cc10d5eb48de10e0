"""Killed, or out of room, in the middle: there is a whole backup or none, a whole store of before or of the backup."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from digest.errors import StoreError
from digest.model import EffectiveStatus
from digest.settings import load_settings
from digest.steps.backup.backup import backup
from digest.steps.backup.restore import restore
from digest.steps.backup.verify import verify_backup
from digest.steps.context import Context
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import register_store
from digest.steps.subscribers import operator_actions
from digest.store import identity, subscriber_list
from digest.store.copying import examine
from digest.store.engine import Store, open_store
from digest.store.last_backup import last_backup
from digest.store.schema import pages

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
REFUSED = 7  # exit code of a child that met a StoreError
KILLS = 4


@dataclass(frozen=True)
class Newsletter:
    folder: Path
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "digest.toml"

    def context(self, store: Store) -> Context:
        return Context(load_settings(self.config), store, lambda: NOW)

    def back_up(self, file: Path, *, force: bool = False) -> None:
        store = open_store(self.url)
        try:
            backup(self.context(store), file, force=force)
        finally:
            store.close()

    def restore(self, file: Path) -> None:
        restore(file, self.config, force=True, clock=lambda: NOW, by="operator")

    def numbers(self) -> tuple[int, bool]:
        """How many active subscribers its store has, and whether it is a restored one."""
        store = open_store(self.url)
        try:
            with store.reading() as connection:
                active = subscriber_list.counts(connection, NOW)[EffectiveStatus.ACTIVE]
                return active, identity.restored_from(connection) is not None
        finally:
            store.close()


def newsletter(folder: Path, url: str = "") -> Newsletter:
    """One subscriber, and twelve megabytes that cannot be compressed, so that there is time to be killed."""
    folder.mkdir()
    made = Newsletter(folder, url or f"sqlite:///{folder}/var/digest.db")
    toml = f'[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n[store]\nurl = "{made.url}"\n'
    made.config.write_text(toml, "utf-8")
    store = open_store(made.url)
    context = made.context(store)
    register_store(context)
    check_key(context)
    operator_actions.add(context, "ada@example.org")
    noise = random.Random(1)
    page = {"final_url": "", "content_type": "text/html", "failure": "", "fetched_at": NOW}
    with store.writing() as connection:
        for number in range(24):
            content = noise.randbytes(500_000)
            connection.execute(insert(pages).values(url=f"https://x.example/{number}", content=content, **page))
    store.close()
    return made


def child(work: Callable[[], None]) -> int:
    """Do the work in a process of its own; return its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except StoreError:
        code = REFUSED
    finally:
        os._exit(code)


def killed_in_the_middle(work: Callable[[], None], share: float, seconds: float) -> bool:
    """Kill the work after that share of its usual time; False if it was quicker."""
    pid = child(work)
    time.sleep(share * seconds)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def out_of_room(work: Callable[[], None], largest: int) -> int:
    """Do the work where no file may grow beyond `largest` bytes; return the exit code."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        work()

    _, status = os.waitpid(child(limited), 0)
    return os.waitstatus_to_exitcode(status)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".digest-backup-*"))


def timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    os.waitpid(child(work), 0)
    return time.monotonic() - began


@pytest.mark.thorough
def test_a_killed_backup_leaves_a_whole_one_or_none(tmp_path: Path) -> None:
    source = newsletter(tmp_path / "a")
    folder = tmp_path / "backups"
    seconds = timed(lambda: source.back_up(folder / "first.zip"))
    kills = 0
    for number in range(KILLS):
        file = folder / f"{number}.zip"
        kills += killed_in_the_middle(lambda file=file: source.back_up(file), (number + 1) / (KILLS + 2), seconds)  # type: ignore[misc]
        if file.exists():
            assert verify_backup(file, work=tmp_path).counts["subscribers"] == 1
        assert source.numbers() == (1, False)
    assert kills >= KILLS // 2
    source.back_up(folder / "last.zip")
    assert left_over(tmp_path) == [], "the next one clears away what the killed ones left"


@pytest.mark.thorough
def test_a_killed_restore_leaves_the_store_of_before_or_of_the_backup(tmp_path: Path) -> None:
    _kill_restores(tmp_path, newsletter(tmp_path / "b"))
    assert not list((tmp_path / "b" / "var").glob("*.db-*")), "nothing of the old store lies beside the new one"


@pytest.mark.postgres
def test_a_killed_restore_into_postgresql(tmp_path: Path, empty_postgres_url: str) -> None:
    _kill_restores(tmp_path, newsletter(tmp_path / "b", empty_postgres_url))


def _kill_restores(tmp_path: Path, target: Newsletter) -> None:
    source = newsletter(tmp_path / "a")
    file = tmp_path / "a.zip"
    source.back_up(file)
    store = open_store(target.url)
    operator_actions.add(target.context(store), "bo@example.org")
    store.close()
    before, after = (2, False), (1, True)
    (target.folder / "var" / "secret.key").unlink()  # it comes with the backup
    trial = Newsletter(tmp_path / "c", f"sqlite:///{tmp_path}/c/var/digest.db")
    trial.folder.mkdir()
    trial.config.write_text(target.config.read_text("utf-8").replace(target.url, trial.url), "utf-8")
    seconds = timed(lambda: trial.restore(file)) * (1 if target.url.startswith("sqlite") else 2)
    for number in range(KILLS):
        killed_in_the_middle(lambda: target.restore(file), (number + 1) / (KILLS + 2), seconds)
        assert target.numbers() in (before, after)
        if target.numbers() == after:
            break
    target.restore(file)
    assert target.numbers() == after
    assert left_over(target.folder) == []


def test_a_backup_without_room_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    source = newsletter(tmp_path / "a")
    file = tmp_path / "backups" / "one.zip"
    source.back_up(file)
    earlier = file.read_bytes()
    for largest in (100_000, 5_000_000, len(earlier) - 1000):
        assert out_of_room(lambda: source.back_up(file, force=True), largest) == REFUSED
        assert file.read_bytes() == earlier, "the earlier backup is still there"
        assert [path.name for path in file.parent.iterdir()] == ["one.zip"]
    store = open_store(source.url)
    with store.reading() as connection:
        last = last_backup(connection)
    store.close()
    assert last is not None
    assert (last.at, last.file, last.size, last.verified) == (NOW, file, len(earlier), True)


@pytest.mark.thorough
def test_a_restore_without_room_says_so_and_leaves_the_store(tmp_path: Path) -> None:
    source, target = newsletter(tmp_path / "a"), newsletter(tmp_path / "b")
    file = tmp_path / "a.zip"
    source.back_up(file)
    (tmp_path / "b" / "var" / "secret.key").unlink()
    for largest in (2_000, 100_000, 5_000_000):
        assert out_of_room(lambda: target.restore(file), largest) == REFUSED
        assert target.numbers() == (1, False)
        assert left_over(target.folder) == []
    assert examine(tmp_path / "b" / "var" / "digest.db").counts["pages"] == 24
