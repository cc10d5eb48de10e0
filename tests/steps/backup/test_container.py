"""Files that are no backup, or a hostile one, are refused before anything is written."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import StoreError, UsageError
from digest.steps.backup.container import unpack
from digest.steps.backup.manifest import ARCHIVE, STORE, TEMPLATES, backup_name, is_allowed, is_backup_name, relative
from digest.steps.backup.restore import restore
from digest.store.engine import open_store
from tests.steps.backup.test_older_backup import OLDER

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
Change = Callable[[dict[str, bytes]], None]


def rewritten(path: Path, change: Change, *, tell: bool = True) -> Path:
    """The older backup with other files in it; the manifest tells their true sizes and hashes if `tell`."""
    with zipfile.ZipFile(OLDER) as container:
        files = {name: container.read(name) for name in container.namelist()}
    change(files)
    manifest = json.loads(files["manifest.json"])
    if tell:
        manifest["files"] = {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in files.items():
            container.writestr(name, data)
    return path


def _set(name: str, data: bytes) -> Change:
    return lambda files: files.update({name: data})


def _in_manifest(**values: object) -> Change:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | values).encode()

    return change


def _without(name: str) -> Change:
    return lambda files: files.pop(name) and None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("../evil", b"x"), "has no place in a backup"),
        (_set("settings/templates/../../../evil", b"x"), "has no place in a backup"),
        (_set("/etc/passwd", b"x"), "has no place in a backup"),
        (_set("state/archive/C:\\evil", b"x"), "has no place in a backup"),
        (_set("state/sent.json/x", b"x"), "has no place in a backup"),
        (_set("state/sent.json", b'{"a": [1]}'), "cannot be read"),
        (_set("state/secret.key", b"0123456789abcdef-another"), "is not the one of its store"),
        (_set("state/secret.key", b"short"), "has only 5 characters"),
        (_set("store.db", b"SQLite format 3\0" + b"\0" * 5000), "is damaged"),
        (_set("store.db", b""), "no store of Digest"),
        (_set("manifest.json", b"{}"), "cannot be read"),
        (_in_manifest(format=2, app="9.0"), "Digest 9.0, which is newer"),
        (_in_manifest(schema="0012"), "not the one that its manifest describes"),
        (_in_manifest(counts={"subscribers": 1}), "not the one that its manifest describes"),
        (_without("store.db"), "has no store.db"),
    ],
)
def test_what_does_not_belong_into_a_backup_is_refused(tmp_path: Path, change: Change, message: str) -> None:
    file = rewritten(tmp_path / "hostile.zip", change)
    with pytest.raises(StoreError, match=message):
        restore(file, tmp_path / "b" / "digest.toml", force=True, clock=lambda: NOW, by="operator")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.zip"], "nothing was written"


@pytest.mark.parametrize("name", ["store.db", "settings/digest.toml"])
def test_every_byte_is_compared(tmp_path: Path, name: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])

    file = rewritten(tmp_path / "changed.zip", change, tell=False)
    with pytest.raises(StoreError, match="is damaged"):
        restore(file, tmp_path / "b" / "digest.toml", force=True, clock=lambda: NOW, by="operator")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TRIGGER evil AFTER INSERT ON posts BEGIN DELETE FROM posts; END", "no store of Digest"),
        ("UPDATE alembic_version SET version_num = '9999'", r"newer version of Digest \(schema 9999\)"),
    ],
    ids=["trigger", "newer schema"],
)
def test_a_store_that_ours_would_never_be_is_refused(tmp_path: Path, statement: str, message: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        path = tmp_path / "store.db"
        path.write_bytes(files[STORE])
        store = open_store(f"sqlite:///{path}", migrate=False)
        with store.writing() as connection:
            connection.exec_driver_sql(statement)
        store.close()
        files[STORE] = path.read_bytes()

    file = rewritten(tmp_path / "changed.zip", change)
    with pytest.raises(StoreError, match=message):
        restore(file, tmp_path / "b" / "digest.toml", force=True, clock=lambda: NOW, by="operator")


def test_a_link_is_refused(tmp_path: Path) -> None:
    file = rewritten(tmp_path / "link.zip", _in_manifest())
    info = zipfile.ZipInfo("state/archive/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as container:
        container.writestr(info, "/etc/passwd")
    with pytest.raises(StoreError, match="has no place in a backup"):
        unpack(file, tmp_path)


def test_a_size_that_the_directory_tells_otherwise_is_refused(tmp_path: Path) -> None:
    file = rewritten(tmp_path / "bomb.zip", _in_manifest(), tell=False)
    data = file.read_bytes()
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(STORE.encode())) + 24
    file.write_bytes(data[:place] + (0xFFFF_FFF0).to_bytes(4, "little") + data[place + 4 :])
    with pytest.raises(StoreError, match="has another size"):
        unpack(file, tmp_path)


def test_more_than_the_directory_says_is_not_written(tmp_path: Path) -> None:
    """Ten megabytes that manifest and directory call one hundred bytes."""
    page = "state/archive/index.html"
    file = rewritten(tmp_path / "honest.zip", _set(page, b"\0" * 10_000_000))
    with zipfile.ZipFile(file) as container:
        files = {name: container.read(name) for name in container.namelist()}
    manifest = json.loads(files["manifest.json"])
    manifest["files"][page]["size"] = 100
    files["manifest.json"] = json.dumps(manifest).encode()
    data = rewritten(tmp_path / "bomb.zip", lambda present: present.update(files), tell=False).read_bytes()
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(page.encode())) + 24
    (tmp_path / "bomb.zip").write_bytes(data[:place] + (100).to_bytes(4, "little") + data[place + 4 :])
    (tmp_path / "out").mkdir()
    with pytest.raises(StoreError, match="is damaged"):
        unpack(tmp_path / "bomb.zip", tmp_path / "out")
    assert (tmp_path / "out" / page).stat().st_size <= 101


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"garbage" * 100])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(StoreError, match="no backup of Digest"):
        unpack(tmp_path / "x.zip", tmp_path)


def test_another_newsletter_s_backup_is_refused(tmp_path: Path) -> None:
    toml = '[newsletter]\ntitle = "Another"\nfrom = "another@example.net"\n'
    (tmp_path / "digest.toml").write_text(toml, "utf-8")
    with pytest.raises(UsageError, match="The backup is of The Test Digest"):
        restore(OLDER, tmp_path / "digest.toml", force=True, clock=lambda: NOW, by="operator")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digest.toml"]


@given(st.sampled_from([TEMPLATES, ARCHIVE, ""]), st.text(st.sampled_from("a./\\:\0é-"), max_size=12))
def test_an_allowed_name_stays_in_its_folder(folder: str, name: str) -> None:
    if is_allowed(folder + name):
        inside = (Path("/here") / relative(folder + name)).resolve()
        assert inside.is_relative_to("/here")
        assert inside != Path("/here")


@given(st.text(max_size=60), st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_backup_s_name_is_recognised(title: str, moment: datetime) -> None:
    name = backup_name(title, moment)
    assert is_backup_name(name, title)
    assert "/" not in name
