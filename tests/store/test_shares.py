"""Leases of several runs that send one mailing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.model import Mailing
from digest.steps.sending.interrupted_runs import sweep_interrupted
from digest.store import shares
from digest.store.engine import Store
from digest.store.schema import leases
from digest.week import Week
from tests.conftest import ROOT
from tests.steps.sending.test_interrupted_runs import claimed, clock, counts

MAILING = Mailing(Week(2019, 12))
ON_POSTGRESQL = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)


def elsewhere(number: int) -> str:
    """The name of a share on another machine, whose process cannot be looked up from here."""
    return f"machine{number}/boot/ns|123|456|{number:012d}|share"


def renew(store: Store, by: str, most: int = 3) -> shares.Standing | None:
    with store.writing() as connection:
        return shares.renew(connection, MAILING, by, most=most)


def let_lapse(store: Store, by: str) -> None:
    """As if `by` had not renewed its lease in time."""
    with store.writing() as connection:
        connection.execute(update(leases).where(leases.c.holder == by).values(until=clock()))


@ON_POSTGRESQL
def test_shares_know_their_place_and_their_number(store: Store) -> None:
    assert [renew(store, elsewhere(number)) for number in (1, 2, 3)] == [
        shares.Standing(0, 1, renewed=False),
        shares.Standing(1, 2, renewed=False),
        shares.Standing(2, 3, renewed=False),
    ]
    assert renew(store, elsewhere(2)) == shares.Standing(1, 3, renewed=True)
    assert renew(store, elsewhere(4)) is None  # all slots are taken
    with store.writing() as connection:
        assert shares.leave(connection, MAILING, elsewhere(1)) == 2
    assert renew(store, elsewhere(4)) == shares.Standing(0, 3, renewed=False)


@ON_POSTGRESQL
def test_the_slot_of_a_share_whose_lease_has_ended_is_free(store: Store) -> None:
    for number in (1, 2, 3):
        renew(store, elsewhere(number))
    let_lapse(store, elsewhere(2))
    assert renew(store, elsewhere(1)) == shares.Standing(0, 2, renewed=True)
    assert renew(store, elsewhere(4)) == shares.Standing(1, 3, renewed=False)
    assert renew(store, elsewhere(2)) is None  # it was only slow, and comes too late


@ON_POSTGRESQL
def test_a_share_of_this_machine_whose_process_has_ended_is_no_longer_living(store: Store) -> None:
    script = "from digest.store.shares import claimant; print(claimant())"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    dead = done.stdout.strip()
    assert shares.is_share(dead)
    renew(store, dead)
    assert renew(store, elsewhere(1)) == shares.Standing(0, 1, renewed=False)


@ON_POSTGRESQL
def test_claims_of_a_share_are_settled_when_its_lease_ends_and_not_before(store: Store, tmp_path: Path) -> None:
    renew(store, elsewhere(1))
    claimed(store, elsewhere(1))
    assert not sweep_interrupted(store, tmp_path, MAILING, clock).uncertain
    assert counts(store).sending == 2
    let_lapse(store, elsewhere(1))
    assert sweep_interrupted(store, tmp_path, MAILING, clock).uncertain == 2
    assert (counts(store).sending, counts(store).uncertain) == (0, 2)


@ON_POSTGRESQL
def test_claims_of_a_single_run_elsewhere_outlast_any_lease_of_shares(store: Store, tmp_path: Path) -> None:
    claimed(store, elsewhere(1).removesuffix("|share"))
    renew(store, elsewhere(2))
    assert not sweep_interrupted(store, tmp_path, MAILING, clock).uncertain
