"""What a backup has in it, where it is written, and which earlier ones it replaces."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import BusyError, SettingsError, UsageError
from digest.settings import load_settings
from digest.settings.environment_secrets import Secrets
from digest.steps.backup.backup import backup
from digest.steps.backup.container import manifest_of
from digest.steps.backup.restore import restore
from digest.steps.backup.verify import verify_backup
from digest.steps.context import Context
from digest.steps.secret_key import check_key, key_status
from digest.steps.sending.rollback_guard import register_store
from digest.store import identity
from digest.store.engine import open_store

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
TOML = '[newsletter]\ntitle = "Über Uns!"\nfrom = "d@example.org"\n'


def newsletter(folder: Path, *, toml: str = TOML, secrets: Secrets | None = None) -> Context:
    """A newsletter with a template, a page in its archive, and a key."""
    for path, content in (
        ("digest.toml", toml),
        ("templates/email/subject.txt.j2", "A subject"),
        ("var/archive/2026-W10/index.html", "<p>Sent</p>"),
        ("var/archive/images/0123456789abcdef.jpg", "a picture"),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, "utf-8")
    settings = load_settings(folder / "digest.toml", secrets)
    context = Context(settings, open_store(settings.store_url), lambda: NOW)
    register_store(context)
    check_key(context)
    return context


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    made = newsletter(tmp_path / "a")
    yield made
    made.store.close()


def test_a_backup_is_private_and_whole(context: Context, tmp_path: Path) -> None:
    (tmp_path / "a" / "templates" / "email" / "broken").symlink_to("nowhere")
    report = backup(context, tmp_path / "one.zip")
    assert (tmp_path / "one.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(report.file) as container:
        names = {info.filename for info in container.infolist()}
    assert names == {
        "manifest.json", "store.db", "state/secret.key", "state/sent.json", "settings/digest.toml",
        "settings/templates/email/subject.txt.j2", "state/archive/2026-W10/index.html",
        "state/archive/images/0123456789abcdef.jpg",
    }  # fmt: skip
    assert [Path(one).name for one in report.left_out] == ["broken"]
    manifest = verify_backup(report.file, work=tmp_path)
    assert (manifest.newsletter, manifest.made_at, manifest.database) == ("Über Uns!", NOW, "sqlite")


def test_a_backup_replaces_a_file_only_on_request(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "one.zip"
    file.write_text("something of the operator's", "utf-8")
    with pytest.raises(UsageError, match="is there already"):
        backup(context, file)
    assert file.read_text("utf-8") == "something of the operator's"
    backup(context, file, force=True)
    verify_backup(file, work=tmp_path)


def test_keep_removes_only_older_backups_of_this_store(context: Context, tmp_path: Path) -> None:
    folder, other = tmp_path / "backups", newsletter(tmp_path / "other")
    others = backup(other, folder, in_folder=True).file
    other.store.close()
    others = others.rename(others.with_name("uber-uns-20200101T000000Z.backup.zip"))
    others.rename(folder / "ber-uns-20200101T000000Z.backup.zip")
    (folder / "ber-uns-20200102T000000Z.backup.zip").write_text("named like one", "utf-8")
    (folder / "notes.txt").write_text("kept", "utf-8")
    made = []
    for day in range(4):
        later = replace(context, clock=lambda day=day: NOW + timedelta(days=day))  # type: ignore[misc]
        made.append(backup(later, folder, keep=2))
    assert [one.file.name for one in made] == [f"ber-uns-202603{9 + day:02}T070000Z.backup.zip" for day in range(4)]
    assert [len(one.removed) for one in made] == [0, 0, 1, 1]
    assert sorted(path.name for path in folder.iterdir()) == [
        "ber-uns-20200101T000000Z.backup.zip",
        "ber-uns-20200102T000000Z.backup.zip",
        made[2].file.name,
        made[3].file.name,
        "notes.txt",
    ]
    with pytest.raises(UsageError, match="--keep needs a folder"):
        backup(context, tmp_path / "one.zip", keep=2)


def test_a_key_from_the_environment_comes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "a key that only the environment has"
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", "hunter2 hunter2")
    source = newsletter(tmp_path / "a", secrets=Secrets(secret_key=key, smtp_password="x"))  # type: ignore[arg-type]
    report = backup(source, tmp_path / "one.zip")
    source.store.close()
    assert report.secrets == ("DIGEST_SMTP_PASSWORD",)
    assert b"hunter2" not in report.file.read_bytes()
    restore(report.file, tmp_path / "b" / "digest.toml", force=False, clock=lambda: NOW, by="operator")
    settings = load_settings(tmp_path / "b" / "digest.toml")
    store = open_store(settings.store_url)
    status = key_status(Context(settings, store, lambda: NOW))
    store.close()
    assert status.present == status.store == manifest_of(report.file).key

    monkeypatch.setenv("DIGEST_SECRET_KEY", "another key in the environment")
    with pytest.raises(SettingsError, match="is not the one of the backup"):
        restore(report.file, tmp_path / "c" / "digest.toml", force=True, clock=lambda: NOW, by="operator")
    assert not (tmp_path / "c").exists()


def test_a_restore_keeps_what_is_there(context: Context, tmp_path: Path) -> None:
    file = backup(context, tmp_path / "one.zip").file
    target = newsletter(tmp_path / "b", toml=TOML + "# of machine B\n")
    (tmp_path / "b" / "templates" / "email" / "subject.txt.j2").write_text("Another", "utf-8")
    with target.store.reading() as connection:
        name = identity.name(connection)
    config, key = tmp_path / "b" / "digest.toml", tmp_path / "b" / "var" / "secret.key"
    key_before = key.read_text("ascii")
    target.store.close()
    with pytest.raises(UsageError, match=r"--force keeps it aside"):
        restore(file, config, force=False, clock=lambda: NOW, by="operator")
    assert key.read_text("ascii") == key_before
    report = restore(file, config, force=True, clock=lambda: NOW, by="operator")
    assert {path.name for path in report.different} == {"digest.toml", "subject.txt.j2"}
    assert config.read_text("utf-8").endswith("# of machine B\n")
    aside = {path.name: path for path in report.aside}
    assert aside["secret.key.before-restore-20260309T070000Z"].read_text("ascii") == key_before
    store = open_store(f"sqlite:///{aside['digest.db.before-restore-20260309T070000Z']}")
    with store.reading() as connection:
        assert identity.name(connection) == name
    store.close()


def test_a_store_that_is_open_is_not_replaced(context: Context, tmp_path: Path) -> None:
    file = backup(context, tmp_path / "one.zip").file
    with context.store.writing(), pytest.raises(BusyError, match="A program has the store"):
        restore(file, tmp_path / "a" / "digest.toml", force=True, clock=lambda: NOW, by="operator")


def test_a_damaged_store_is_replaced_and_kept(context: Context, tmp_path: Path) -> None:
    file = backup(context, tmp_path / "one.zip").file
    damaged = tmp_path / "a" / "var" / "digest.db"
    damaged.write_bytes(b"no database any more " * 100)
    (tmp_path / "a" / "var" / "digest.db-wal").write_bytes(b"a left log")
    report = restore(file, tmp_path / "a" / "digest.toml", force=True, clock=lambda: NOW, by="operator")
    assert report.aside[0].read_bytes().startswith(b"no database any more")
    assert not (tmp_path / "a" / "var" / "digest.db-wal").exists()
    store = open_store(context.settings.store_url)
    with store.reading() as connection:
        assert identity.restored_from(connection) == NOW
    store.close()
