"""The end of a run: it costs the run nothing, whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from digest.steps.alerting.after_run import after_run
from digest.store.engine import Store
from digest.store.schema import alerts
from tests.steps.alerting.hook_server import hook_server
from tests.steps.alerting.quiet_newsletter import DAY, MONDAY, at, mails, quiet_newsletter

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def test_without_anybody_to_tell_the_watchdog_still_gets_its_heartbeat(tmp_path: Path, store: Store) -> None:
    tables = {"newsletter": {"editors": []}}
    with hook_server() as watchdog:
        with quiet_newsletter(tmp_path, store, alerts={"heartbeat_url": watchdog.url}, **tables) as newsletter:
            after_run(at(newsletter.context, MONDAY + 30 * DAY), went_well=True)
            after_run(at(newsletter.context, MONDAY + 30 * DAY), went_well=False)
        assert len(watchdog.requests) == 1


def test_a_watchdog_that_is_down_costs_the_run_nothing_and_is_not_named(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store, alerts={"heartbeat_url": "http://127.0.0.1:1/s3cr3t"}) as newsletter:
        after_run(newsletter.context, went_well=True)
        (line,) = [line for line in newsletter.log_lines if "heartbeat" in line]
        assert "nothing answers there" in line
        assert "s3cr3t" not in line


def test_a_fault_in_the_look_itself_costs_the_run_nothing_but_the_heartbeat(tmp_path: Path, store: Store) -> None:
    row = {"kind": "no kind", "about": "", "what": "", "remedy": "", "since": MONDAY, "notified": {}}
    with store.writing() as connection:
        connection.execute(insert(alerts), row)
    with hook_server() as watchdog:
        with quiet_newsletter(tmp_path, store, alerts={"heartbeat_url": watchdog.url}) as newsletter:
            after_run(newsletter.context, went_well=True)
            assert any("could not be checked" in line for line in newsletter.log_lines)
            assert mails(newsletter) == []
        assert watchdog.requests == []


def test_a_store_that_cannot_be_read_costs_the_run_nothing_but_the_heartbeat(tmp_path: Path, store: Store) -> None:
    with hook_server() as watchdog:
        with quiet_newsletter(tmp_path, store, alerts={"heartbeat_url": watchdog.url}) as newsletter:
            with store.writing() as connection:
                connection.exec_driver_sql("DROP TABLE alerts")
            after_run(newsletter.context, went_well=True)
            assert any("could not be checked" in line for line in newsletter.log_lines)
        assert watchdog.requests == []
