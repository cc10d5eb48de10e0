"""`digest doctor`: exit codes, JSON, and wrong settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.settings import load_settings
from digest.store.engine import Store
from tests.cli.commands import digest
from tests.steps.newsletter_setup import NOW, set_up

only_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path, store: Store) -> Iterator[Path]:
    """A newsletter whose mail server and source answer. Its domain is an example's, so that some warnings remain."""
    with set_up(tmp_path, store, sources=("Working at Estuary",)):
        yield tmp_path


@only_sqlite
def test_warnings_exit_0_and_strictly_3(folder: Path) -> None:
    for arguments, code in ((("doctor",), 0), (("doctor", "--strict"), 3)):
        done = digest(*arguments, cwd=folder, DIGEST_NOW=NOW.isoformat(), PREFECT_HOME=str(folder))
        assert done.returncode == code, done.stdout + done.stderr
        assert "ok      integrity: the store's quick check finds nothing wrong" in done.stdout
        assert "ok      Working at Estuary: " in done.stdout
        assert "WARNING backup: the store was never backed up\n        `digest backup`" in done.stdout
        assert "ok      Prefect: not used here" in done.stdout


@only_sqlite
def test_a_newsletter_that_was_never_used_stays_so(folder: Path) -> None:
    url = f'url = "sqlite:///{folder}/state/digest.db"'
    settings = folder / "digest.toml"
    settings.write_text(
        "\n".join(url if line.startswith("url = ") else line for line in settings.read_text().split("\n"))
    )
    done = digest("doctor", cwd=folder, DIGEST_NOW=NOW.isoformat(), PREFECT_HOME=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "secret key: none yet" in done.stdout
    assert "ok      Working at Estuary: ok" in done.stdout
    assert not (folder / "state").exists()


@only_sqlite
def test_a_missing_key_is_said_and_none_is_made(folder: Path) -> None:
    settings = load_settings(folder / "digest.toml")
    surroundings = {"DIGEST_NOW": NOW.isoformat(), "PREFECT_HOME": str(folder)}
    assert digest("subscribers", "add", "ada@example.org", cwd=folder, **surroundings).returncode == 0
    assert settings.secret_key_path is not None
    settings.secret_key_path.unlink()
    done = digest("doctor", cwd=folder, **surroundings)
    assert done.returncode == 1
    assert "ERROR   secret key: There is no secret key" in done.stdout
    assert not settings.secret_key_path.exists()


@only_sqlite
def test_wrong_settings_are_named_and_the_rest_is_checked(folder: Path) -> None:
    settings = folder / "digest.toml"
    settings.write_text(settings.read_text().replace("port = ", 'port = "many"\nsecurty = "tls" #', 1))
    done = digest("doctor", "--json", cwd=folder, PREFECT_HOME=str(folder), DIGEST_NOW="no time")
    assert done.returncode == 1
    lines = json.loads(done.stdout)
    errors = [line["message"] for line in lines if line["verdict"] == "error"]
    assert any("smtp.port: write a whole number" in message for message in errors)
    assert any("did you mean 'security'" in message for message in errors)
    assert any("DIGEST_NOW is 'no time'" in message for message in errors)
    verdicts = {line["what"]: line["verdict"] for line in lines}
    assert verdicts["integrity"] == verdicts["disk"] == verdicts["templates"] == verdicts["secret key"] == "ok"
    (skipped,) = [line for line in lines if line["what"] == "not checked"]
    assert skipped["message"] == "security, SMTP"


@pytest.mark.parametrize("content", ["[[[", "\x00", None])
def test_settings_that_are_no_settings(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "digest.toml").write_text(content)
    done = digest("doctor", cwd=tmp_path, PREFECT_HOME=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.startswith("ERROR   settings: ")
    assert "ok      versions: Digest" in done.stdout
    assert "ok      disk: " in done.stdout
    assert "WARNING not checked: " in done.stdout
    assert {path.name for path in tmp_path.iterdir()} <= {"digest.toml"}, "it makes nothing"
