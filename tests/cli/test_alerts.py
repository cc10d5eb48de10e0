"""`digest alerts`, and what the commands for cron do at their end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.settings import load_settings
from digest.store.engine import Store
from tests.cli.commands import digest
from tests.steps.alerting.hook_server import Hook, hook_server
from tests.steps.alerting.quiet_newsletter import quiet_newsletter

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

QUIET, AWAY = "2019-03-25T13:00:00+00:00", "2019-04-29T13:00:00+00:00"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hook_server() as started:
        yield started


@pytest.fixture
def watchdog() -> Iterator[Hook]:
    with hook_server() as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path, store: Store, hook: Hook, watchdog: Hook) -> Iterator[Path]:
    with quiet_newsletter(tmp_path, store, hook, alerts={"heartbeat_url": watchdog.url}):
        yield tmp_path


def test_nothing_wrong_is_exit_0_and_a_heartbeat(folder: Path, hook: Hook, watchdog: Hook) -> None:
    done = digest("alerts", cwd=folder, DIGEST_NOW=QUIET)
    assert (done.returncode, done.stdout) == (0, "Nothing is wrong.\n")
    assert (len(hook.requests), [method for method, _, _ in watchdog.requests]) == (0, ["GET"])
    assert digest("alerts", "--quiet", cwd=folder, DIGEST_NOW=QUIET).stdout == ""


def test_what_is_wrong_is_exit_3_and_one_post(folder: Path, hook: Hook, watchdog: Hook) -> None:
    done = digest("alerts", "--json", cwd=folder, DIGEST_NOW=AWAY)
    data = json.loads(done.stdout)
    assert done.returncode == 3
    weeks = [row["about"] for row in data["alerts"] if row["kind"] == "edition"]
    assert weeks == [f"2019-W{number}" for number in range(13, 18)]
    assert data["sent"] == 3, "two editors and the webhook"
    assert data["alerts"][0]["notified_at"] == AWAY
    again = digest("alerts", cwd=folder, DIGEST_NOW=AWAY)
    assert again.returncode == 3
    assert "2019-W17 has no edition" in again.stdout
    assert (len(hook.requests), len(watchdog.requests)) == (1, 2)
    assert digest("alerts", "--quiet", cwd=folder, DIGEST_NOW=AWAY).stdout == "", "cron would mail it each hour"


def test_a_year_off_is_a_list_that_can_be_read(folder: Path) -> None:
    done = digest("alerts", cwd=folder, DIGEST_NOW="2020-04-29T13:00:00+00:00")
    assert "more: `--json` lists them all." in done.stdout
    assert len(done.stdout.splitlines()) < 60


@pytest.mark.parametrize("fault", ["a damaged file", "another key"])
def test_a_store_that_cannot_be_used_is_said_once_a_day_and_when_it_is_mended(
    folder: Path, hook: Hook, watchdog: Hook, store: Store, fault: str
) -> None:
    assert store.engine.url.database is not None
    file, key = Path(store.engine.url.database), load_settings(folder / "digest.toml").secret_key_path
    assert key is not None
    assert digest("alerts", cwd=folder, DIGEST_NOW=QUIET).returncode == 0
    broken = file if fault == "a damaged file" else key
    whole = broken.read_bytes()
    for write_ahead in file.parent.glob(f"{file.name}-*"):
        write_ahead.unlink()
    broken.write_bytes(b"no database, and no key of this store")
    hook.requests.clear()
    watchdog.requests.clear()
    for hour, said in (("13:30", 1), ("14:30", 1), ("23:30", 1)):
        done = digest("alerts", "--quiet", cwd=folder, DIGEST_NOW=f"2019-03-25T{hour}:00+00:00")
        assert done.returncode in (1, 2), done.stdout
        assert len(hook.requests) == said
    digest("alerts", "--quiet", cwd=folder, DIGEST_NOW="2019-03-26T13:30:00+00:00")
    assert [b"still: " in body for _, _, body in hook.requests] == [False, True]
    assert watchdog.requests == []
    broken.write_bytes(whole)
    for _ in range(2):
        assert digest("alerts", cwd=folder, DIGEST_NOW="2019-03-26T14:30:00+00:00").returncode == 0
    assert len(hook.requests) == 3
    assert b"mended: The store could not be used" in hook.requests[-1][2]


def test_no_heartbeat_where_something_could_not_be_told(folder: Path, hook: Hook, watchdog: Hook) -> None:
    hook.status = 500
    done = digest("alerts", "--quiet", cwd=folder, DIGEST_NOW=AWAY)
    assert done.returncode == 3
    assert "status 500" in done.stdout
    assert watchdog.requests == []
    assert "s3cr3t" not in done.stdout + done.stderr


def test_a_watchdog_that_fails_is_said_without_its_address(folder: Path, watchdog: Hook) -> None:
    watchdog.status = 404
    done = digest("alerts", cwd=folder, DIGEST_NOW=QUIET)
    assert done.returncode == 3
    assert "got no heartbeat: it answered with status 404" in done.stdout
    assert "s3cr3t" not in done.stdout + done.stderr


def test_every_channel_can_be_tried(folder: Path, hook: Hook) -> None:
    done = digest("alerts", "--test", cwd=folder, DIGEST_NOW=QUIET)
    assert (done.returncode, done.stdout, len(hook.requests)) == (0, "3 messages sent.\n", 1)


@pytest.mark.parametrize(
    "command", [*(pytest.param(each, marks=pytest.mark.thorough) for each in ("collect", "send")), "run"]
)
def test_commands_of_cron_look_at_their_end(folder: Path, hook: Hook, watchdog: Hook, command: str) -> None:
    done = digest(command, cwd=folder, DIGEST_NOW=AWAY)
    assert done.returncode in (0, 4), done.stderr
    assert (len(hook.requests), len(watchdog.requests)) == (1, 1)


def test_a_command_that_fails_says_what_is_wrong_and_sends_no_heartbeat(
    folder: Path, hook: Hook, watchdog: Hook
) -> None:
    done = digest("bounces", "read", "--mailbox", str(folder / "missing"), cwd=folder, DIGEST_NOW=AWAY)
    assert done.returncode in (1, 2)
    assert (len(hook.requests), len(watchdog.requests)) == (1, 0)


def test_a_dry_run_tells_nobody(folder: Path, hook: Hook, watchdog: Hook) -> None:
    digest("send", "--dry-run", cwd=folder, DIGEST_NOW=AWAY)
    assert (hook.requests, watchdog.requests) == ([], [])


def test_a_webhook_that_is_no_https_address_is_refused_without_showing_it(folder: Path) -> None:
    path = folder / "digest.toml"
    for key in ("webhook_url", "heartbeat_url"):
        text = path.read_text().replace("[alerts]", f'[alerts]\n{key} = "hooks.example.org/s3cr3t-token"', 1)
        text = "\n".join(line for line in text.split("\n") if not line.startswith(f'{key} = "http'))
        wrong = folder / "wrong.toml"
        wrong.write_text(text)
        done = digest("--config", str(wrong), "alerts", cwd=folder, DIGEST_NOW=QUIET)
        assert done.returncode == 2
        assert f"alerts.{key}: write the whole address" in done.stderr
        assert "s3cr3t" not in done.stdout + done.stderr
