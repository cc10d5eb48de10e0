"""Who may do a piece of work: one run at a time; a dead run's work is taken over, a living run's is not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from digest.clock import system_clock
from digest.errors import BusyError
from digest.steps.lease import LASTING, hold, take, take_over
from digest.store import leases
from digest.store.engine import Store
from tests.conftest import ROOT

ELSEWHERE = "elsewhere/boot/pid:[1]|1|1|0123456789ab"
HERE = "here"


def clock() -> datetime:
    return datetime(2019, 3, 25, 7, tzinfo=UTC)


def lease_of_another_machine(store: Store, *, seconds: float) -> None:
    now = system_clock()
    with store.writing() as connection:
        leases.acquire(connection, "work", ELSEWHERE, now=now, until=now + timedelta(seconds=seconds))


def test_a_second_run_is_rejected_while_the_lease_is_held(store: Store) -> None:
    with (
        hold(store, "compose", clock=clock),
        pytest.raises(BusyError, match="Another run holds compose"),
        hold(store, "compose", clock=clock),
    ):
        pass
    with hold(store, "compose", clock=clock):
        pass


def test_a_dead_run_s_lease_is_taken_over_at_once(store: Store) -> None:
    code = "from digest.store import leases; print(leases.claimant())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    dead = done.stdout.strip()
    assert leases.is_dead(dead)
    with store.writing() as connection:
        leases.acquire(connection, "compose", dead, now=clock(), until=clock() + LASTING)
    with hold(store, "compose", clock=clock):
        pass


def test_a_patient_run_takes_over_when_the_lease_of_a_dead_machine_ends(store: Store) -> None:
    lease_of_another_machine(store, seconds=0.7)
    assert take(store, "work", HERE, clock=system_clock) == ELSEWHERE
    assert take_over(store, "work", HERE, clock=system_clock) == HERE


def test_a_patient_run_leaves_the_work_to_one_that_renews_its_lease(store: Store) -> None:
    lease_of_another_machine(store, seconds=30)
    renewal = threading.Timer(0.3, lambda: take(store, "work", ELSEWHERE, clock=system_clock))
    renewal.start()
    began = time.monotonic()
    assert take_over(store, "work", HERE, clock=system_clock) == ELSEWHERE
    assert time.monotonic() - began < 10, "it does not wait for the end of the lease"
    renewal.join()


def test_waiting_for_a_lease_can_be_stopped(store: Store) -> None:
    lease_of_another_machine(store, seconds=30)
    assert take_over(store, "work", HERE, clock=system_clock, stopping=lambda: True) == ELSEWHERE


def test_a_lease_lasts_as_long_as_its_block_and_no_longer(store: Store) -> None:
    with hold(store, "work", clock=system_clock):
        assert take(store, "work", HERE, clock=system_clock) != HERE
    assert take(store, "work", HERE, clock=system_clock) == HERE
