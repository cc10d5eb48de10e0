"""`digest backup` and `digest restore`, and what doctor, status and refusals tell people to type."""

from __future__ import annotations

import json
import re
import shlex
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.steps.backup.container import manifest_of
from digest.steps.backup.restore import restore
from digest.store.migrations import newest
from tests.cli.commands import digest
from tests.mail.returned.maillogs import conversation
from tests.steps.backup.test_older_backup import OLDER

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
ENVIRONMENT = {"DIGEST_NOW": "2026-03-09T07:00:00Z"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A newsletter that was restored from an older backup, in the middle of an edition."""
    made = tmp_path / "b"
    done = digest("restore", str(OLDER), "--into", str(made), cwd=tmp_path, **ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert "2026-W10: was sending, and is held; 4 deliveries to go, once approved" in done.stdout
    assert "Nothing is sent from here yet. Next:" in done.stdout
    return made


def commands_in(text: str) -> list[list[str]]:
    """The commands of ours that a text tells people to type, with W and FILE as they would fill them in."""
    texts = re.findall(r"`(digest [^`]+)`", text)
    return [
        shlex.split(one.replace("FILE", "backup.zip").replace(" W ", " 2026-W10 ").removesuffix(" W"))[1:]
        for one in texts
    ]


def test_what_restore_prints_can_be_typed(folder: Path, tmp_path: Path) -> None:
    done = digest("restore", str(OLDER), "--into", str(tmp_path / "c"), cwd=tmp_path, **ENVIRONMENT)
    log = conversation("<1@x>", "4ABCDEF1", answer="dsn=2.0.0, status=sent (250 2.0.0 Ok)")
    (folder / "backup.zip").write_text("".join(log), "utf-8")
    typed = commands_in(done.stdout)
    assert {" ".join(one[:2]) for one in typed} >= {"deliveries accept", "deliveries restored", "deliveries reconcile"}
    for one in typed:
        if one[0] not in ("send", "doctor"):  # the mail server of the backup is no more
            result = digest(*one, cwd=folder, **ENVIRONMENT)
            assert result.returncode != 2, (one, result.stderr)


def test_the_refusal_of_a_restored_store_can_be_followed(folder: Path) -> None:
    approved = digest("approve", "2026-W10", cwd=folder, **ENVIRONMENT)
    assert approved.returncode == 0, approved.stderr
    refused = digest("send", "2026-W10", cwd=folder, **ENVIRONMENT)
    assert (refused.returncode, "restored from a backup of 2026-03-09 06:31 UTC" in refused.stderr) == (1, True)
    restored, accept = commands_in(refused.stderr)
    assert (restored, accept) == (["deliveries", "restored", "2026-W10"], ["deliveries", "accept"])
    done = digest(*restored, "--json", cwd=folder, **ENVIRONMENT)
    assert json.loads(done.stdout) == {"week": "2026-W10", "uncertain": 4}
    assert json.loads(digest(*accept, "--json", cwd=folder, **ENVIRONMENT).stdout) == {"reason": ""}


def test_a_backup_goes_where_it_is_told(folder: Path) -> None:
    for hour, arguments in ((8, ()), (9, ("there/",)), (7, ("one.zip",)), (10, ("--keep", "1"))):
        moment = f"2026-03-09T{hour:02}:00:00Z"
        done = digest("backup", *arguments, "--json", cwd=folder, DIGEST_NOW=moment)
        assert done.returncode == 0, done.stderr
        assert (folder / json.loads(done.stdout)["file"]).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (folder / "there").iterdir()] == ["the-test-digest-20260309T090000Z.backup.zip"]
    assert [path.name for path in (folder / "var" / "backups").iterdir()] == [
        "the-test-digest-20260309T100000Z.backup.zip"
    ]
    again = digest("backup", "one.zip", cwd=folder, **ENVIRONMENT)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert digest("backup", "--keep", "1", "--quiet", cwd=folder, **ENVIRONMENT).stdout == ""


def test_doctor_knows_the_backup_that_was_restored_and_the_one_that_its_remedy_makes(folder: Path) -> None:
    def lines(now: str) -> list[dict[str, str]]:
        rows = json.loads(digest("doctor", "--json", cwd=folder, DIGEST_NOW=now).stdout)
        return [row for row in rows if row["what"] == "backup"]

    now, later = ENVIRONMENT["DIGEST_NOW"], "2026-04-09T07:00:00Z"
    (restored,) = lines(now)
    assert (restored["verdict"], OLDER.name in restored["message"]) == ("ok", True)
    old, _ = lines(later)
    assert (old["verdict"], "is 31 days old" in old["message"]) == ("warning", True)
    (command,) = commands_in(old["remedy"])
    assert digest(*command, cwd=folder, DIGEST_NOW=later).returncode == 0
    assert [one["verdict"] for one in lines(later)] == ["ok"]
    (made,) = (folder / "var" / "backups").iterdir()
    restore(made, folder / "elsewhere" / "digest.toml", force=False, clock=lambda: NOW, by="operator")


def test_an_older_store_is_backed_up_as_it_is_before_it_is_migrated(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with zipfile.ZipFile(OLDER) as container:
        for name, path in (("store.db", "var/digest.db"), ("state/secret.key", "var/secret.key")):
            (tmp_path / path).write_bytes(container.read(name))
        (tmp_path / "digest.toml").write_bytes(container.read("settings/digest.toml"))
    done = digest("backup", "before.zip", cwd=tmp_path, **ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert manifest_of(tmp_path / "before.zip").schema == "0013"
    assert digest("status", cwd=tmp_path, **ENVIRONMENT).returncode in (0, 4), "this migrates it"
    assert digest("backup", "after.zip", cwd=tmp_path, **ENVIRONMENT).returncode == 0
    assert manifest_of(tmp_path / "after.zip").schema == newest()
    back = digest("restore", "before.zip", "--force", cwd=tmp_path, **ENVIRONMENT)
    assert back.returncode == 0, back.stderr


def test_doctor_says_how_to_replace_a_damaged_store(folder: Path) -> None:
    assert digest("backup", "backup.zip", cwd=folder, **ENVIRONMENT).returncode == 0
    store = folder / "var" / "digest.db"
    data = bytearray(store.read_bytes())
    data[-2 * 4096 :] = b"\xff" * (2 * 4096)
    store.write_bytes(data)
    rows = json.loads(digest("doctor", "--json", cwd=folder, **ENVIRONMENT).stdout)
    rows = rows if isinstance(rows, list) else rows["lines"]
    (damage,) = [row for row in rows if row["what"] == "integrity"]
    (command,) = commands_in(damage["remedy"])
    assert command == ["restore", "backup.zip", "--force"]
    assert digest(*command, cwd=folder, **ENVIRONMENT).returncode == 0
    rows = json.loads(digest("doctor", "--json", cwd=folder, **ENVIRONMENT).stdout)
    rows = rows if isinstance(rows, list) else rows["lines"]
    assert [row["verdict"] for row in rows if row["what"] == "integrity"] == ["ok"]
    (sending,) = [row for row in rows if row["what"] == "sending"]
    accept, _ = commands_in(sending["remedy"])
    assert digest(*accept, cwd=folder, **ENVIRONMENT).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["restore", "nothing.zip"], 2, "There is no file nothing.zip"),
        (["restore", str(OLDER)], 2, "There is a store already"),
        (["restore", str(OLDER), "--into", "digest.toml"], 2, "is no folder"),
        (["restore", str(OLDER), "--into", "x", "--config", "digest.toml"], 2, "contradict"),
        (["restore"], 2, "FILE"),
        (["backup", "--keep", "0"], 2, "keep"),
        (["backup", "one.zip", "--keep", "2"], 2, "--keep needs a folder"),
        (["backup", "digest.toml/x"], 1, "cannot be written"),
    ],
)
def test_wrong_calls_say_what_is_wrong(folder: Path, arguments: list[str], code: int, message: str) -> None:
    done = digest(*arguments, cwd=folder, **ENVIRONMENT)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
