"""The secret key is whole or refused, and made once, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.settings import Settings, parse_settings
from digest.settings.environment_secrets import Secrets
from digest.settings.secret_key import SHORTEST, fingerprint, make_key_file, read_key_file
from tests.conftest import ROOT

LEAST = '[newsletter]\ntitle = "A digest"\nfrom = "A digest <digest@example.org>"\n'
RACES = 300

RACE = """
import json, os, sys
from pathlib import Path
from digest.settings import parse_settings

def key_in(folder):
    return parse_settings(sys.argv[3], path=Path(folder) / "digest.toml").secret_key.hex()

for race in range(int(sys.argv[1])):
    folder = Path(sys.argv[2]) / str(race)
    folder.mkdir()
    gate, go = os.pipe()
    children = []
    for number in range(3):
        answer, ours = os.pipe()
        if not os.fork():
            os.close(go)
            os.read(gate, 1)  # all wait until the gate is closed
            try:
                os.write(ours, key_in(folder).encode())
            finally:
                os._exit(0)
        os.close(ours)
        children.append(answer)
    os.close(gate)
    os.close(go)
    keys = [os.read(answer, 100).decode() for answer in children]
    for answer in children:
        os.close(answer)
        os.wait()
    print(json.dumps([*keys, key_in(folder)]))
"""


def settings_in(folder: Path, **secrets: str) -> Settings:
    return parse_settings(LEAST, path=folder / "digest.toml", secrets=Secrets(**secrets))


@pytest.mark.slow
@pytest.mark.thorough
def test_three_programs_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, str(RACES), str(tmp_path), LEAST]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    races = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(races) == RACES
    assert [keys for keys in races if len(set(keys)) != 1 or not keys[0]] == []
    assert len({keys[0] for keys in races}) == RACES
    left_over = {path.name for path in tmp_path.glob("*/var/*")} | {path.name for path in tmp_path.glob("*/var/.*")}
    assert left_over == {"secret.key"}


def too_little_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))


def test_on_a_full_disk_there_is_no_key_and_later_a_whole_one(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from digest.errors import SettingsError\n"
        "from digest.settings.secret_key import make_key_file\n"
        "try: make_key_file(Path(sys.argv[1]))\n"
        "except SettingsError as error: print(error)"
    )
    path = tmp_path / "var" / "secret.key"
    command = [sys.executable, "-B", "-c", script, str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, preexec_fn=too_little_room)
    assert f"The secret key {path} cannot be read or created" in done.stdout
    assert "Make room" in done.stdout
    assert list(path.parent.iterdir()) == []
    assert make_key_file(path) == read_key_file(path)
    assert len(path.read_text("ascii")) == 64


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text("of another program that was quicker")
    assert make_key_file(path) == read_key_file(path)
    assert path.read_text() == "of another program that was quicker"
    assert [one.name for one in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        *((place, text) for place in ("file", "named file") for text in ("", "\n", "0123456789abcde", " " * 40)),
        *(("environment", text) for text in ("\n", "0123456789abcde", " " * 40)),
    ],
)
def test_an_empty_or_short_key_is_refused(tmp_path: Path, place: str, text: str) -> None:
    path = tmp_path / "var" / "secret.key" if place == "file" else tmp_path / "elsewhere"
    path.parent.mkdir(exist_ok=True)
    if place == "environment":
        settings, named = settings_in(tmp_path, secret_key=text), "DIGEST_SECRET_KEY"
    else:
        path.write_text(text)
        settings, named = settings_in(tmp_path), str(path)
        if place == "named file":
            settings = settings_in(tmp_path, secret_key_file=str(path))
    with pytest.raises(SettingsError) as raised:
        _ = settings.secret_key
    assert named in raised.value.what
    assert "is empty" in raised.value.what or f"at least {SHORTEST}" in raised.value.what
    assert raised.value.remedy
    assert not (tmp_path / "var" / "secret.key").exists() or place == "file", "no other key is made in its place"


def test_a_key_keeps_its_value_from_before_it_was_checked(tmp_path: Path) -> None:
    """sha256 of the text, without the white space around it where it is from a file."""
    known = "0123456789abcdef" * 4

    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text(f"{known}\n")
    assert settings_in(tmp_path).secret_key == hashlib.sha256(known.encode()).digest()
    spaced = f" {known} "
    assert settings_in(tmp_path, secret_key=spaced).secret_key == hashlib.sha256(spaced.encode()).digest()


def test_a_short_key_of_earlier_days_goes_on_as_the_previous_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        _ = settings_in(tmp_path, secret_key="short").secret_key
    assert "DIGEST_SECRET_KEY_PREVIOUS" in raised.value.remedy
    keys = settings_in(tmp_path, secret_key="a longer key than that one", secret_key_previous="short").secret_keys
    assert keys[1] == hashlib.sha256(b"short").digest()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(SettingsError, match="cannot be read or created"):
        _ = settings_in(tmp_path).secret_key


def test_any_empty_file_of_a_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    secrets = Secrets(smtp_password_file=str(tmp_path / "empty"), secret_key_previous_file=str(tmp_path / "empty"))
    with pytest.raises(SettingsError, match="DIGEST_SMTP_PASSWORD_FILE, is empty"):
        secrets.read("smtp_password")
    assert secrets.read("secret_key_previous") == ""


@given(one=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_fingerprints_tell_keys_apart_and_do_not_contain_them(one: bytes, other: bytes) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (one == other)
    assert len(fingerprint(one)) == 16
    assert fingerprint(one) not in one.hex()


def test_the_key_and_its_folder_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        _ = settings_in(tmp_path).secret_key
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "var" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o711
